using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>Makes refresh tokens: 256 random bits, stored as a hash, bound to key and task, used once.</summary>
public sealed class RefreshTokens(Settings settings, TimeProvider time)
{
    /// <summary>The first token of a family, which ends no later than the token that proves its user. Without a key
    /// binding there is none (P4).</summary>
    public RefreshIssue? Issue(string family, TaskRow task, AccessTokenClaims token, DateTimeOffset endsBy)
    {
        var end = Bounds.Earliest(
            time.GetUtcNow() + settings.RefreshTokenLife, Instant.FromMicros(task.Deadline), endsBy);
        return Make(family, task.Id, token, token.Authority.ToJson(), end.ToMicros());
    }

    /// <summary>The successor in a family: same end, same bounds.</summary>
    public RefreshIssue? Rotate(RefreshTokenRow used, AccessTokenClaims token) =>
        Make(used.Family, used.Task, token, used.Claims, used.ExpiresAt);

    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private RefreshIssue? Make(string family, string task, AccessTokenClaims token, string authority, long expires)
    {
        if (token.Confirmation is not { Thumbprint: var thumbprint }) return null;
        var text = IdSource.Secret("writrefresh");
        var row = new RefreshTokenRow
        {
            Hash = Hash(text),
            Family = family,
            Client = token.ClientId,
            Task = task,
            Subject = token.Subject,
            KeyThumbprint = thumbprint,
            Claims = authority,
            IssuedAt = time.GetUtcNow().ToMicros(),
            ExpiresAt = expires,
        };
        return new RefreshIssue(text, row.ExpiresAt, RefreshTokenStore.Insert(row));
    }
}

/// <summary>A refresh token to hand out, its end, and the claim that stores its hash.</summary>
public sealed record RefreshIssue(string Token, long ExpiresAt, Claim Claim);
