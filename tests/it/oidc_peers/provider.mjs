// The npm package oidc-provider as a process of a test: peer.rs starts it, writes one line of settings and reads one line of answer.
//
// It ends when its standard input does. Nobody sees a page: whoever is named by `login_hint` is signed in, and agrees to all.
// Clients are registered while it runs, below /control, because a redirect URI may be known only after the issuer is.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// Standard output is for the answer; what the package has to say goes where errors go.
console.info = console.error;
console.log = console.error;
const { Provider } = await import('../../../target/test-node/node_modules/oidc-provider/lib/index.js');

const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));
const settings = JSON.parse(await new Promise((told) => { input.once('line', told); }));

const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};

// One key for each algorithm, with a name of its own.
const generateKeys = () => Object.entries(KINDS).map(([alg, [kind, options]]) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID(),
}));

const accountOf = (name) => settings.accounts.find(({ claims }) => claims.sub === name || claims.email === name);

const serve = (issuer, keys, clients) => {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['only a test'] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username'],
      groups: ['groups'],
    },
    // What the specification calls for is that claims of scopes are asked for at userinfo; most providers put them into the token.
    conformIdTokenClaims: !settings.claims_in_id_token,
    pkce: { required: () => true },
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      jwtUserinfo: { enabled: true },
      rpInitiatedLogout: {
        // The page that asks "Do you want to sign out?", with one answer.
        logoutSource: (ctx, form) => {
          ctx.body = form.replace('</form>', '<button name="logout" value="yes">Sign out</button></form>');
        },
      },
    },
    // Without the package's own, which does not ask this machine.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount: (ctx, sub) => {
      const account = accountOf(sub);
      return account && { accountId: account.claims.sub, claims: () => account.claims };
    },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const { client, session, params } = ctx.oidc;
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(params.scope);
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  });
  provider.on('server_error', (ctx, error) => console.error(error));
  provider.on('backchannel.error', (ctx, error) => console.error(error));
  return provider;
};

// Signs somebody in, as far as this needs a person.
const interact = async (provider, request, response) => {
  const { params, prompt } = await provider.interactionDetails(request, response);
  const account = accountOf(params.login_hint);
  const result = account && prompt.name === 'login'
    ? { login: { accountId: account.claims.sub, acr: account.acr, amr: account.amr } }
    : { error: 'access_denied', error_description: `${prompt.name}: nobody is called so here` };
  await provider.interactionFinished(request, response, result);
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  const clients = [];
  let keys = generateKeys();
  let provider = serve(issuer, keys, clients);

  const control = {
    '/control/clients': async (request) => {
      let body = '';
      for await (const part of request) { body += part; }
      const client = JSON.parse(body);
      const known = clients.findIndex(({ client_id: id }) => id === client.client_id);
      clients.splice(known < 0 ? clients.length : known, 1, client);
    },
    // New keys sign; the old ones are still published.
    '/control/add-keys': () => { keys = [...generateKeys(), ...keys]; },
    // Only the newest are published.
    '/control/drop-keys': () => { keys = keys.slice(0, Object.keys(KINDS).length); },
  };

  server.on('request', async (request, response) => {
    try {
      if (request.method === 'POST' && control[request.url]) {
        await control[request.url](request);
        // Whoever is signed in stays so: the package keeps it outside of a provider.
        provider = serve(issuer, keys, clients);
        response.writeHead(204).end();
      } else if (request.url.startsWith('/interaction/')) {
        await interact(provider, request, response);
      } else {
        provider.callback()(request, response);
      }
    } catch (error) {
      console.error(error);
      response.writeHead(500).end();
    }
  });
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
