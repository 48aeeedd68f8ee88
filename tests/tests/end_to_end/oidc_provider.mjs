// oidc-provider, a certified OpenID provider, as the tests need it: in memory, on a free port of loopback, with its own
// interaction pages. Three arguments: the folder of node_modules, the clients as JSON, and `id_token` or `userinfo`, where
// the claims of the scopes `email` and `profile` are.
//
// Beside its own endpoints: GET /_test/events lists what happened, POST /_test/rotate signs with new keys from then on
// and keeps the old public keys published, POST /_test/rotate?drop=yes takes them away too. POST /_test/forward?seconds=
// moves its clock on.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [modules, clients, claimsIn] = process.argv.slice(2);
const resolved = createRequire(`${modules}/`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(resolved).href);
// The adapter that it has by itself, kept while the keys change.
const { createMemoryAdapter } = await import(new URL('adapters/memory_adapter.js', pathToFileURL(resolved)).href);
const adapter = createMemoryAdapter();

// oidc-provider warns of everything that a deployment would change; none of it is news here.
console.warn = () => {};
console.info = () => {};

// The only clock by which it dates and judges what it gives out.
const realNow = Date.now.bind(Date);
let ahead = 0;
Date.now = () => realNow() + ahead;

const HOUR = 3600;
const ALGORITHMS = {
  'https://rs256.example.com': 'RS256', 'https://es256.example.com': 'ES256', 'https://other.example.com': 'RS256',
};

const people = {
  ada: { email: 'ada@example.com', email_verified: true, preferred_username: 'ada', groups: ['staff'] },
  bob: { email: 'bob@example.com', email_verified: false, preferred_username: 'bob', groups: [] },
};

function newKeys() {
  const use = (pair, alg) => ({ ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() });
  return [
    use(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'),
    use(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'),
  ];
}

const events = [];
let keys = newKeys();
let answer;

function start(issuer) {
  const provider = new Provider(issuer, {
    adapter,
    clients: JSON.parse(clients),
    jwks: { keys },
    cookies: { keys: ['loopback only'] },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['preferred_username'] },
    conformIdTokenClaims: claimsIn === 'userinfo',
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    // The relying party is on loopback, which it keeps away from by default.
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: HOUR, AuthorizationCode: 60, ClientCredentials: HOUR, Grant: 24 * HOUR, IdToken: 8 * HOUR,
      Interaction: HOUR, RefreshToken: 24 * HOUR, Session: 24 * HOUR,
    },
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      userinfo: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, audience) => ({
          audience, scope: 'api:read', accessTokenFormat: 'jwt', jwt: { sign: { alg: ALGORITHMS[audience] } },
        }),
      },
    },
  });
  const watched = [
    'authorization.success', 'authorization.error', 'grant.success', 'grant.error', 'grant.revoked', 'server_error',
    'end_session.success', 'end_session.error', 'backchannel.success', 'backchannel.error', 'refresh_token.destroyed', 'userinfo.error', 'revocation.error',
  ];
  for (const name of watched) {
    provider.on(name, (ctx, error) => {
      events.push([name, ctx?.oidc?.params?.grant_type, error?.error_description].filter(Boolean).join(' '));
    });
  }
  answer = provider.callback();
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  if (pathname === '/_test/events') {
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(events));
  }
  if (pathname === '/_test/rotate') {
    keys = searchParams.get('drop') ? newKeys() : [...newKeys(), ...keys];
    start(issuer);
    return response.end();
  }
  if (pathname === '/_test/forward') {
    ahead += Number(searchParams.get('seconds')) * 1000;
    return response.end();
  }
  return answer(request, response);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
start(issuer);
process.stdout.write(`issuer ${issuer}\n`);
