import { checkUrlText } from './url-text.js';

describe('checkUrlText', () => {
  it.each(['/v1/me', '/v1/x?q=a%20b', '/v1/%F0%9F%98%80', '/v1/%2e%2e/x', '/?q=100%25'])('accepts %s', (url) => {
    expect(() => checkUrlText(url)).not.toThrow();
  });

  it.each<[string, string]>([
    ['/v1/%', 'percent-encoding-invalid'],
    ['/v1/%zz', 'percent-encoding-invalid'],
    ['/v1/x?q=%E0%A4%A', 'percent-encoding-invalid'],
    ['/v1/x?q=%ED%A0%80', 'percent-encoding-invalid'],
    ['/v1/x%00', 'nul-character'],
    ['/v1/x?q=%00', 'nul-character'],
  ])('refuses %s', (url, code) => {
    expect(() => checkUrlText(url)).toThrow(expect.objectContaining({ code }));
  });
});
