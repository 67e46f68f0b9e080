import { parseAllowList } from '../../../egress/allow-list.js';
import { EgressService } from '../../../egress/egress.service.js';
import { textOf, type Place } from '../../place.js';
import { MasterKeyRefusedError } from '../master-key-provider.js';
import { type KmsKey, wrongUri } from './kms-key.js';

interface Answer {
  data?: { ciphertext?: string; plaintext?: string };
  errors?: string[];
}

/**
 * A key of HashiCorp Vault's transit engine (or OpenBao's), by its HTTP API. It must be of an AEAD type, as the default
 * one is: only these take associated data.
 * @param path `<host>[:<port>]/<mount>/<key>`. HTTPS, but plain HTTP on this machine, where a Vault Proxy listens.
 */
export async function vaultKey(
  path: string,
  source: string,
  { token, namespace }: { token: string | undefined; namespace: string | undefined },
): Promise<KmsKey> {
  const [, host, mount, key] = /^([\w.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)\/([\w./-]+)\/([\w.-]+)$/i.exec(path) ?? [];
  if (!host) throw wrongUri(source, 'name a key of Vault: vault-transit://<host>[:<port>]/<mount>/<key>');
  const origin = new URL(`${/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/.test(host) ? 'http' : 'https'}://${host}`);
  const egress = new EgressService({
    // The operator has named it: the one place that this client reaches, public or not.
    allow: parseAllowList(`${origin.hostname}:${origin.port || (origin.protocol === 'https:' ? 443 : 80)}`),
    allowLoopback: true,
    ownPorts: new Set(),
  });
  const headers = {
    'content-type': 'application/json',
    ...(token && { 'x-vault-token': token }),
    ...(namespace && { 'x-vault-namespace': namespace }),
  };
  const call = async (
    verb: string,
    place: Place,
    body: object,
    signal: AbortSignal,
  ): Promise<Answer & { status: number }> => {
    const { status, body: text } = await egress.request({
      method: 'POST',
      url: `${origin.origin}/v1/${mount}/${verb}/${key}`,
      headers,
      body: JSON.stringify({ ...body, associated_data: Buffer.from(textOf(place)).toString('base64') }),
      followRedirects: false,
      signal,
    });
    return { status, ...answerOf(text) };
  };
  return {
    id: `vault-transit:${mount}/${key}`,
    service: `Vault at ${origin.origin}`,
    async encrypt(plaintext, place, signal) {
      const answer = await call('encrypt', place, { plaintext: plaintext.toString('base64') }, signal);
      if (answer.status !== 200 || !answer.data?.ciphertext) throw new Error(wordsOf(answer));
      return answer.data.ciphertext;
    },
    async decrypt(ciphertext, place, signal) {
      const answer = await call('decrypt', place, { ciphertext }, signal);
      // Also when there is no such key.
      if (answer.status === 400) throw new MasterKeyRefusedError(`Vault: ${wordsOf(answer)}`);
      if (answer.status !== 200 || !answer.data?.plaintext) throw new Error(wordsOf(answer));
      return Buffer.from(answer.data.plaintext, 'base64');
    },
  };
}

function answerOf(text: Buffer): Answer {
  try {
    return JSON.parse(text.toString()) as Answer;
  } catch {
    return {};
  }
}

function wordsOf({ status, errors }: Answer & { status: number }): string {
  return errors?.join('; ').trim() || `status ${status}`;
}
