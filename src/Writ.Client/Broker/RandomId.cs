using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>Fresh ids for <c>jti</c>, and keys valid at one place: 128 and 256 random bits.</summary>
internal static class RandomId
{
    internal static string Jti() => Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16));

    internal static string Secret() => Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32));
}
