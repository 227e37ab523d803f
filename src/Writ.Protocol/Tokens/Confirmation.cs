using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>The key that a token is bound to (<c>cnf</c>, RFC 7800). A token without one is a bearer token.</summary>
public abstract record Confirmation
{
    private Confirmation(string thumbprint) => Thumbprint = thumbprint;

    /// <summary>base64url of a SHA-256 digest.</summary>
    public string Thumbprint { get; }

    /// <summary>How the key was proven: <c>dpop</c> or <c>mtls</c>.</summary>
    public string Proof => this is Jkt ? "dpop" : "mtls";

    /// <summary>Writes the object.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString(this is Jkt ? "jkt"u8 : "x5t#S256"u8, Thumbprint);
        writer.WriteEndObject();
    }

    /// <summary>Reads the object. A method that we do not know is an error: the binding must not be lost.</summary>
    public static bool TryParse(
        JsonElement element,
        [NotNullWhen(true)] out Confirmation? confirmation)
    {
        confirmation = null;
        if (element.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var member in element.EnumerateObject())
        {
            var isJkt = member.NameEquals("jkt"u8);
            if ((!isJkt && !member.NameEquals("x5t#S256"u8))
                || confirmation is not null
                || member.Value.ValueKind != JsonValueKind.String
                || member.Value.GetString() is not { } thumbprint
                || !IsThumbprint(thumbprint))
            {
                confirmation = null;
                return false;
            }

            confirmation = isJkt ? new Jkt(thumbprint) : new X5t(thumbprint);
        }

        return confirmation is not null;
    }

    private static bool IsThumbprint(string text) => text.Length == 43 && Base64UrlText.IsCanonical(text);

    /// <summary>Bound to a DPoP key by JWK thumbprint (RFC 9449 §6.1).</summary>
    public sealed record Jkt(string Thumbprint) : Confirmation(Thumbprint);

    /// <summary>Bound to a certificate by <c>x5t#S256</c> (RFC 8705 §3.1).</summary>
    public sealed record X5t(string Thumbprint) : Confirmation(Thumbprint);
}
