import { checkHeaders, checkMethod, parseTargetUrl } from './request-target.js';

describe('the target of a request', () => {
  it.each([
    ['http://2130706433/', 'http://127.0.0.1/'],
    ['HTTPS://API.Example:443/a b?c=d#e', 'https://api.example/a%20b?c=d#e'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ])('normalises %s', (text, expected) => {
    expect(parseTargetUrl(text).href).toBe(expected);
  });

  it.each([
    ['', 'not valid'],
    ['/relative', 'not valid'],
    ['api.example', 'not valid'],
    ['http://', 'not valid'],
    ['http://a:70000/', 'not valid'],
    ['http://999.999.999.999/', 'not valid'],
    ['ftp://api.example/', '"ftp:"'],
    ['file:///etc/passwd', '"file:"'],
    ['gopher://127.0.0.1:6379/_', '"gopher:"'],
    ['data:text/plain,x', '"data:"'],
    ['https://user@api.example/', 'api.example has a user name'],
    ['https://user:secret@api.example/', 'api.example has a user name'],
    ['https://api.example@127.0.0.1/', '127.0.0.1 has a user name'],
  ])('refuses "%s"', (text, message) => {
    const parse = () => parseTargetUrl(text);
    expect(parse).toThrow(expect.objectContaining({ code: 'egress-invalid-url' }));
    expect(parse).toThrow(message);
    expect(parse).not.toThrow('secret');
  });

  it('upper-cases methods and refuses those that open tunnels', () => {
    expect(checkMethod('patch')).toBe('PATCH');
    for (const method of ['CONNECT', 'trace', 'TRACK']) {
      expect(() => checkMethod(method)).toThrow(expect.objectContaining({ code: 'egress-invalid-request' }));
    }
  });

  it('lower-cases header names and refuses those of the connection', () => {
    expect(checkHeaders({ 'X-Api-Key': 'K' })).toEqual({ 'x-api-key': 'K' });
    for (const name of ['Host', 'Content-Length', 'TRANSFER-ENCODING', 'connection', 'upgrade', 'expect']) {
      expect(() => checkHeaders({ [name]: 'x' })).toThrow(`"${name.toLowerCase()}"`);
    }
  });
});
