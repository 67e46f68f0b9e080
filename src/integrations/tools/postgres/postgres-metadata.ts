/** Metadata of a resource of type `postgres_database`. */
export type PostgresMetadata = {
  host: string;
  port: number;
  database: string;
  user: string;
  /** `require`: the certificate and its name are verified; `insecure`: encrypted, but anybody could answer. */
  tls: 'require' | 'insecure' | 'disable';
  /** Certificates, PEM, that are trusted in place of the usual ones. */
  ca?: string;
};
