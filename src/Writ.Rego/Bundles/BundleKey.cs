namespace Writ.Rego.Bundles;

/// <summary>A key that signs bundles, or that their signatures are held against.</summary>
/// <param name="Algorithm">As JWTs name it: <c>RS256</c>, <c>PS256</c>, <c>ES256</c>, <c>HS256</c>…</param>
/// <param name="Text">A PEM text: public key, certificate or private key; the secret itself for HS….</param>
/// <param name="Scope">What the key may vouch for; empty for everything.</param>
public sealed record BundleKey(string Algorithm, string Text, string Scope = "");
