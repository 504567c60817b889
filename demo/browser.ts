/** As much of a browser as a sign-in needs: it keeps cookies and shows where it is sent. */

export interface Browser {
  /** Resolves to where the answer leads; rejects where it leads nowhere. */
  readonly go: (url: string | URL) => Promise<URL>;
  /** Posts a form as a page of another site does: SameSite=Lax keeps our cookies from it. */
  readonly postFromElsewhere: (url: string, form: Readonly<Record<string, string>>) => Promise<URL>;
  readonly read: <T>(url: string) => Promise<T>;
}

export function newBrowser(): Browser {
  const cookies = new Map<string, string>();
  const send = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url, { redirect: "manual", ...init });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    return response;
  };
  const withCookies = (): RequestInit => ({
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
  });
  return {
    go: async (url) => leadsTo(url, await send(url, withCookies())),
    postFromElsewhere: async (url, form) =>
      leadsTo(url, await send(url, { method: "POST", body: new URLSearchParams(form) })),
    read: async <T>(url: string) => (await (await send(url, withCookies())).json()) as T,
  };
}

/** RFC 6265 §5.2, as far as Usher's own cookies go. */
function keep(cookies: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/;\s*max-age=0/i.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}

function leadsTo(url: string | URL, response: Response): URL {
  const location = response.headers.get("location");
  if (location === null) throw new Error(`${new URL(url).pathname} was answered ${response.status} and leads nowhere`);
  return new URL(location, url);
}
