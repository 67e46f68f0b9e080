import { startTestServer } from '../../support/global-setup.js';

/** A server of its own, so that this suite and the others may run at the same time. */
export default (): Promise<void> => startTestServer('chaos');
