// Loaded before every program that the bench starts. The channel closes however the bench ends, SIGKILL included.
process.on('disconnect', () => process.exit(1));
// Waiting for that must not keep a program alive that has ended by itself.
process.channel?.unref();
