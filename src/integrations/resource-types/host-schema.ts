/** A host that is reached by another protocol than HTTP. Nothing that a library could take for a path or for options. */
export const hostSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$',
  description: 'A host name or an IP address',
};

export const portSchema = { type: 'integer', minimum: 1, maximum: 65_535 };

export const caSchema = {
  type: 'string',
  maxLength: 65_536,
  pattern: '^-----BEGIN CERTIFICATE-----',
  description: 'Certificates in PEM that are trusted in place of the usual authorities',
};
