declare namespace Cloudflare {
  /** In Node any name will do: that a provider's variables are really there is checked with the Worker. */
  interface Env {
    [name: string]: string;
  }
}
