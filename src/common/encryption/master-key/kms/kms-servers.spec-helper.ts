import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  status: number;
  body: object;
}

/** The bodies of requests, of all services. */
interface Fields {
  readonly KeyId: string;
  readonly Plaintext: string;
  readonly CiphertextBlob: string;
  readonly EncryptionContext?: Record<string, string>;
  readonly additionalAuthenticatedData?: string;
  readonly associated_data?: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

/** A key management service on loopback. */
export interface KmsServer {
  readonly port: number;
  readonly url: string;
  /** Paths and targets of the requests. */
  readonly requests: string[];
  /** What every operation answers instead of doing something, such as a refusal of access. */
  answerWith: Answer | undefined;
  close(): Promise<void>;
}

/** Each key name has a secret of its own; the context is bound as associated data. */
function encrypt(key: string, context: string, plaintext: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secretOf(key), nonce).setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), data]);
}

function decrypt(key: string, context: string, sealed: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', secretOf(key), sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  } catch {
    return undefined;
  }
}

const secretOf = (key: string) => createHash('sha256').update(key).digest();
const bytes = (text: string) => Buffer.from(text, 'base64');

/** AWS KMS: JSON 1.1 with the operation in a header, requests signed (SigV4). */
export function startAwsKms(): Promise<KmsServer> {
  return start((request, body) => {
    const { KeyId, Plaintext, CiphertextBlob, EncryptionContext } = body;
    const context = JSON.stringify(Object.entries(EncryptionContext ?? {}).toSorted(([a], [b]) => a.localeCompare(b)));
    const fault = (type: string) => ({ status: 400, body: { __type: type, message: type } });
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return fault('MissingAuthenticationToken');
    if (request.headers['x-amz-target'] === 'TrentService.Encrypt') {
      // A ciphertext of AWS names its key.
      const blob = Buffer.concat([Buffer.from(`${KeyId}\n`), encrypt(KeyId, context, bytes(Plaintext))]);
      return { status: 200, body: { KeyId, CiphertextBlob: blob.toString('base64') } };
    }
    const blob = bytes(CiphertextBlob);
    const end = blob.indexOf('\n');
    const named = blob.toString('latin1', 0, end);
    if (end < 0 || !named.startsWith('arn:')) return fault('InvalidCiphertextException');
    if (named !== KeyId) return fault('IncorrectKeyException');
    const plaintext = decrypt(KeyId, context, blob.subarray(end + 1));
    if (!plaintext) return fault('InvalidCiphertextException');
    return { status: 200, body: { KeyId, Plaintext: plaintext.toString('base64') } };
  });
}

/** Google Cloud KMS by REST, and the token exchange of workload identity that its callers sign in with. */
export function startGcpKms(): Promise<KmsServer> {
  return start((request, body) => {
    if (request.url === '/token') {
      const token = {
        access_token: 'ya29.test',
        issued_token_type: 'access_token',
        token_type: 'Bearer',
        expires_in: 3600,
      };
      return { status: 200, body: token };
    }
    const fault = (status: number, message: string) => ({ status, body: { error: { code: status, message } } });
    if (request.headers.authorization !== 'Bearer ya29.test') return fault(401, 'Request is missing credentials.');
    const [, name, verb] = /^\/v1\/(.+):(encrypt|decrypt)$/.exec(request.url!) ?? [];
    const context = bytes(body.additionalAuthenticatedData ?? '').toString();
    if (verb === 'encrypt') {
      const ciphertext = encrypt(name!, context, bytes(body.plaintext)).toString('base64');
      return { status: 200, body: { name: `${name}/cryptoKeyVersions/1`, ciphertext } };
    }
    const plaintext = decrypt(name!, context, bytes(body.ciphertext));
    if (!plaintext) return fault(400, 'Decryption failed: verify that the name refers to the correct CryptoKey.');
    return { status: 200, body: { plaintext: plaintext.toString('base64') } };
  });
}

/** Vault's transit engine. */
export function startVault(token = 'hvs.test'): Promise<KmsServer> {
  return start((request, body) => {
    const fault = (status: number, ...errors: string[]) => ({ status, body: { errors } });
    if (request.headers['x-vault-token'] !== token) return fault(403, 'permission denied');
    const [, mount, verb, key] = /^\/v1\/(.+)\/(encrypt|decrypt)\/(.+)$/.exec(request.url!) ?? [];
    const context = bytes(body.associated_data ?? '').toString();
    if (verb === 'encrypt') {
      const ciphertext = `vault:v1:${encrypt(`${mount}/${key}`, context, bytes(body.plaintext)).toString('base64')}`;
      return { status: 200, body: { data: { ciphertext, key_version: 1 } } };
    }
    const [, sealed] = /^vault:v1:(.+)$/.exec(body.ciphertext) ?? [];
    const plaintext = sealed && decrypt(`${mount}/${key}`, context, bytes(sealed));
    if (!plaintext) return fault(400, 'cipher: message authentication failed');
    return { status: 200, body: { data: { plaintext: plaintext.toString('base64') } } };
  });
}

async function start(operate: (request: IncomingMessage, body: Fields) => Answer): Promise<KmsServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      requests.push(String(request.headers['x-amz-target'] ?? request.url));
      const body = (request.headers['content-type']?.includes('json') ? JSON.parse(text) : {}) as Fields;
      const answer = kms.answerWith ?? operate(request, body);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kms: KmsServer = {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    answerWith: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return kms;
}
