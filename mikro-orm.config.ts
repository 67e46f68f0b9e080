import { ormOptions } from './src/common/database/orm-options.js';
import { entities } from './src/entities.js';

/** For the MikroORM command line (`npm run migration:…`), which runs on the built tree. */
export default ormOptions({ url: process.env.DATABASE_URL, entities });
