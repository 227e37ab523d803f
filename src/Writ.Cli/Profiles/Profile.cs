namespace Writ.Cli.Profiles;

/// <summary>Who somebody is at which broker.</summary>
/// <param name="Addr">The broker's issuer.</param>
/// <param name="ClientId">The SPIFFE id of the operator or identity.</param>
/// <param name="KeyFile">The PEM file with its private key.</param>
internal sealed record Profile(string Addr, string ClientId, string KeyFile);
