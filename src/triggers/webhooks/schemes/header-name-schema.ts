/** The name of a header: a token of RFC 9110 section 5.6.2. */
export const headerNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  description: 'Name of a header: letters, digits and hyphens',
};
