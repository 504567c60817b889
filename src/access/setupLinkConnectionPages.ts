/** The pages of one connection behind a setup link: our side, the provider's, the test, and to put it to use. */
import type { Connection } from "../directory/connections/connections.store.ts";
import type { connectionUrls } from "../directory/connections/connectionsForSignIn.ts";
import type { ConnectionTest } from "../directory/connections/connectionTests.ts";
import type { Preset } from "../sso/presets/preset.ts";
import { presetOf } from "../sso/presets/presets.ts";
import { html, type Html } from "./html.ts";
import { page } from "./pages.ts";
import { setupMessages } from "./setupLinkMessages.ts";
import { back, faultOf, form, type SetupView, statusOf, values } from "./setupLinkPages.ts";

/** One connection, as its page shows it. */
interface ShownConnection {
  readonly connection: Connection;
  readonly urls: ReturnType<typeof connectionUrls>;
  readonly isAsked: boolean;
}

/** One connection: our side, theirs, the test, and to put it to use. */
export function connectionPage(view: SetupView, shown: ShownConnection): string {
  const { connection, isAsked } = shown;
  return page(
    view.messages,
    connection.name,
    html`<p class="soft setup">${statusOf(view, connection.status, isAsked)}</p>
      ${faultOf(view)} ${theirs(view, shown)} ${ours(view, connection)} ${proof(view, shown)}
      ${back(view, "/setup/steps")}`,
  );
}

function theirs(view: SetupView, { connection, urls }: ShownConnection): Html {
  const words = setupMessages(view.messages);
  const preset = presetOf(connection.provider, connection.protocol) ?? customOf(connection.protocol);
  const { name, ours: asked, sends } = preset;
  const { steps, traps } = preset.words[view.messages.language === "de" ? "de" : "en"];
  return html`<h2>${words.theirsTitle}</h2>
    <p>${words.theirsText(name)}</p>
    <ol>
      ${steps.map((step) => html`<li>${step}</li>`)}
    </ol>
    <p>${words.ourValues}</p>
    ${values(asked.map(({ value, field }) => [field, urls[value]]))}
    <p>${words.sends}</p>
    ${values(sends.map((each) => [each.name, each.source]))}
    <details>
      <summary>${words.traps}</summary>
      <ul>
        ${traps.map((trap) => html`<li>${trap}</li>`)}
      </ul>
    </details>`;
}

/** What an admin connected by hand is shown as any other of its protocol. */
function customOf(protocol: Connection["protocol"]): Preset {
  const custom = presetOf(`custom-${protocol}`);
  if (!custom) throw new Error(`no preset for ${protocol}`);
  return custom;
}

function ours(view: SetupView, connection: Connection): Html {
  const words = setupMessages(view.messages);
  const { id, protocol, saml, oidc } = connection;
  const known = saml?.entityId ?? (oidc && `${oidc.issuer}, ${oidc.clientId}`);
  const fields = protocol === "saml" ? samlFields : oidcFields;
  return html`<h2>${words.oursTitle}</h2>
    <p>${protocol === "saml" ? words.samlText : words.oidcText}</p>
    ${known && html`<p class="soft">${words.known(known)}</p>`}
    ${form(view, `/setup/connections/${id}`, html`${fields(view, connection)}<button>${words.save}</button>`)}`;
}

function samlFields(view: SetupView, connection: Connection): Html {
  const words = setupMessages(view.messages);
  return html`<label for="url">${words.metadataAddress}</label
    ><input id="url" name="metadataUrl" type="url" maxlength="2048" value="${connection.saml?.metadataUrl}" />${whereOf(
      view,
      connection,
      "metadataUrl",
    )}<label for="xml">${words.metadataXml}</label
    ><textarea id="xml" name="metadataXml" rows="4" spellcheck="false"></textarea
    >${whereOf(view, connection, "metadataXml")}
    <details>
      <summary>${words.byFields}</summary>
      <label for="entity">${words.entityId}</label><input id="entity" name="entityId" maxlength="1024" /><label
        for="sso"
        >${words.ssoUrl}</label
      ><input id="sso" name="ssoUrl" type="url" maxlength="2048" /><label for="certificate">${words.certificate}</label
      ><textarea id="certificate" name="certificate" rows="4" maxlength="16384" spellcheck="false"></textarea>
    </details>`;
}

function oidcFields(view: SetupView, connection: Connection): Html {
  const words = setupMessages(view.messages);
  const { oidc, provider } = connection;
  const hosted = html`<label for="hosted">${words.hostedDomain}</label
    ><input id="hosted" name="hostedDomain" maxlength="253" value="${oidc?.hostedDomain}" />`;
  return html`<label for="issuer">${words.issuer}</label
    ><input id="issuer" name="issuer" type="url" required maxlength="2048" value="${oidc?.issuer}" />${whereOf(
      view,
      connection,
      "issuer",
    )}<label for="client">${words.clientId}</label
    ><input id="client" name="clientId" required maxlength="512" value="${oidc?.clientId}" />${whereOf(
      view,
      connection,
      "clientId",
    )}<label for="secret">${words.clientSecret}</label
    ><input id="secret" name="clientSecret" type="password" autocomplete="off" required maxlength="512" />${whereOf(
      view,
      connection,
      "clientSecret",
    )}${provider === "google" && hosted}`;
}

/** Where the identity provider shows a value that we ask for. */
function whereOf(
  { messages }: SetupView,
  { provider, protocol }: Connection,
  value: Preset["theirs"][number]["value"],
): Html {
  const found = presetOf(provider, protocol)?.theirs.find((each) => each.value === value);
  return found ? html`<p class="soft">${setupMessages(messages).foundAt(found.field)}</p>` : html``;
}

function proof(view: SetupView, { connection, isAsked }: ShownConnection): Html {
  const words = setupMessages(view.messages);
  const { id, status, saml, oidc } = connection;
  if (saml === null && oidc === null) return html``;
  const mayAsk = status === "tested" && !isAsked;
  const live = html`<h2>${words.liveTitle}</h2>
    <p>${words.liveText}</p>
    ${form(view, `/setup/connections/${id}/live`, html`<button>${words.live}</button>`)}`;
  return html`<h2>${words.testTitle}</h2>
    <p>${words.testText}</p>
    ${form(view, `/setup/connections/${id}/tests`, html`<button class="${mayAsk ? "other" : ""}">${words.test}</button>`)}
    ${mayAsk && live}`;
}

/** A test: to be opened, while its address is known, and what came of it. */
export function setupTestPage(view: SetupView, connectionId: string, test: ConnectionTest, url: string | null): string {
  const words = setupMessages(view.messages);
  const { status, result, refusals } = test;
  const refusedWhy = result?.wouldHappen.result === "refused" ? result.wouldHappen.detail : null;
  const arrived = Object.entries(result?.arrived.values ?? {}).map(([name, all]) => [name, all.join(", ")] as const);
  const open = url && html`<a class="button" href="${url}" target="_blank" rel="noopener">${words.testOpen}</a>`;
  return page(
    view.messages,
    words.testTitle,
    html`<p class="setup">${words.testStates[status]}</p>
      ${refusedWhy && html`<p class="bad">${refusedWhy}</p>`} ${open}
      <a class="button other" href="/setup/connections/${connectionId}/tests/${test.id}">${words.testSee}</a>
      ${
        result &&
        html`<h2>${words.arrived}</h2>
          ${values(arrived)}`
      }
      ${refusals.length > 0 && html`<h2>${words.refusals}</h2>`}
      ${refusals.map(({ detail, reason }) => html`<p class="bad">${detail ?? reason}</p>`)}
      ${back(view, `/setup/connections/${connectionId}`)}`,
  );
}
