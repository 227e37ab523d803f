using System.Buffers;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Decisions;

namespace Writ.Server.Tokens;

/// <summary>The token endpoint's answer (RFC 6749 §5.1, RFC 8693 §2.2.1, RFC 9396 §7, RFC 9449 §5).</summary>
internal static class TokenAnswer
{
    /// <summary>This replica cannot know what is revoked at the moment (P9).</summary>
    public static OAuthError Stale { get; } =
        OAuthError.TemporarilyUnavailable("this replica has lost sight of the store", "replica_stale");

    public static async Task WriteAsync(
        HttpContext http, Resolved.Ready ready, Grant grant, string accessToken, string? refreshToken)
    {
        var claims = ((Granting.Token)grant.What).Claims;
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("access_token"u8, accessToken);
            // RFC 9449 §5; certificate-bound tokens are Bearer by name (RFC 8705 §3).
            json.WriteString("token_type"u8, claims.Confirmation is Confirmation.Jkt ? "DPoP"u8 : "Bearer"u8);
            json.WriteNumber("expires_in"u8, (long)(claims.ExpiresAt - claims.IssuedAt).TotalSeconds);
            json.WriteString("scope"u8, claims.Scope);
            json.WritePropertyName("authorization_details"u8);
            claims.Authority.WriteTo(json);
            if (ready.IssuedTokenType is { } type) json.WriteString("issued_token_type"u8, type);
            if (refreshToken is not null) json.WriteString("refresh_token"u8, refreshToken);
            json.WriteString("task"u8, claims.TaskId);
            json.WriteString("decision_id"u8, grant.DecisionId);
            json.WriteEndObject();
        }
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }
}
