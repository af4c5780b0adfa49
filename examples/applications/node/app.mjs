// A small application that knows its users by Vestibule's signed token. Node.js 20 or later, jose 5 or later.
//
//   npm install jose
//   VESTIBULE_ISSUER=https://acme.sso.example.com VESTIBULE_AUDIENCE=https://app.example.com \
//   VESTIBULE_KEYS=https://app.example.com/.vestibule/jwks.json node app.mjs 3000
//
// It listens on 127.0.0.1 and is reached through its proxy. What matters is `userOf`.

import { createServer } from "node:http";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";

// The issuer is hub.origin, or the company's origin where there is no hub; the audience is the application's first origin, or its
// setting `audience`. The address of the keys is configured, and never taken from a token or a header.
const issuer = process.env.VESTIBULE_ISSUER;
const audience = process.env.VESTIBULE_AUDIENCE;
// An unknown key is asked for at once, at most once a minute.
const keys = createRemoteJWKSet(new URL(process.env.VESTIBULE_KEYS), { cooldownDuration: 60_000, cacheMaxAge: 300_000 });
if (!issuer || !audience) throw new Error("VESTIBULE_ISSUER and VESTIBULE_AUDIENCE are needed");

const longest = 8192;
// Three parts of base64url, without padding.
const form = /^[\w-]+\.[\w-]+\.[\w-]+$/;

// The claims of a token; throws when it is not to be believed.
export async function userOf(token) {
  if (!token || token.length > longest || !form.test(token)) throw new Error("this is no token");
  // Nothing in a header may bring a key or change what is checked (RFC 7515, section 4).
  const names = Object.keys(decodeProtectedHeader(token)).sort().join();
  if (names !== "alg,kid,typ") throw new Error("this is no identity token");
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    algorithms: ["ES256"],
    typ: "vestibule-identity+jwt",
    clockTolerance: 30,
    requiredClaims: ["iss", "aud", "sub", "iat", "nbf", "exp"],
  });
  // A token is for one application.
  if (typeof payload.aud !== "string") throw new Error("the token is for several");
  return payload;
}

createServer(async (request, response) => {
  // Two headers of this name are none.
  const tokens = request.headersDistinct["vestibule-identity"] ?? [];
  try {
    if (tokens.length !== 1) throw new Error(`${tokens.length} tokens came`);
    const { iss, sub, name, email, org_slug, groups } = await userOf(tokens[0]);
    // Know people by issuer and subject, never by their address.
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ iss, sub, name, email, org_slug, groups }));
  } catch (reason) {
    console.error("refused:", reason.message);
    response.writeHead(401, { "Content-Type": "text/plain" });
    response.end("Nobody is signed in.\n");
  }
}).listen(Number(process.argv[2]), "127.0.0.1");
