using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// The claims of an access token (RFC 9068 §2.2), with what Writ adds. Times are whole seconds on the wire.
/// </summary>
public sealed record AccessTokenClaims
{
    /// <summary>The media type of an access token (RFC 9068 §2.1).</summary>
    public const string Typ = "at+jwt";

    /// <summary><c>iss</c></summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c>: whose authority it is.</summary>
    public required string Subject { get; init; }

    /// <summary><c>aud</c>; never empty.</summary>
    public required ImmutableArray<string> Audience { get; init; }

    /// <summary><c>client_id</c>: who asked for it.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>scope</c>; may be empty.</summary>
    public required string Scope { get; init; }

    /// <summary><c>authorization_details</c></summary>
    public required Authority Authority { get; init; }

    /// <summary><c>jti</c></summary>
    public required string Jti { get; init; }

    /// <summary><c>iat</c></summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>exp</c></summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary><c>cnf</c>; null for a bearer token.</summary>
    public Confirmation? Confirmation { get; init; }

    /// <summary><c>act</c></summary>
    public ActorChain Actors { get; init; } = ActorChain.None;

    /// <summary><c>txn</c>: the task.</summary>
    public required string TaskId { get; init; }

    /// <summary><c>writ_anc</c></summary>
    public TokenAncestors Ancestors { get; init; } = TokenAncestors.None;

    /// <summary>
    /// <c>may_act.sub</c> (RFC 8693 §4.4): the one identity that may exchange the token besides its holder.
    /// </summary>
    public string? MayAct { get; init; }

    /// <summary>Every handle that can kill the token: its own, its ancestors', its people's, its key's.</summary>
    public IEnumerable<RevocationHandle> Handles(string kid)
    {
        yield return RevocationHandle.Token(Jti);
        yield return RevocationHandle.Task(TaskId);
        yield return RevocationHandle.Identity(Subject);
        if (ClientId != Subject && ClientId != Actors.Current)
            yield return RevocationHandle.Identity(ClientId);
        foreach (var actor in Actors.Subjects)
            yield return RevocationHandle.Identity(actor);
        foreach (var jti in Ancestors.Jtis)
            yield return RevocationHandle.Token(jti);
        foreach (var task in Ancestors.TaskIds)
            yield return RevocationHandle.Task(task);
        yield return RevocationHandle.SigningKey(kid);
        yield return RevocationHandle.Issuer(Issuer);
    }

    /// <summary>Whether the token is within its time, give or take the skew between two clocks.</summary>
    public bool IsTimely(DateTimeOffset now, TimeSpan skew) => now - skew < ExpiresAt && IssuedAt <= now + skew;

    /// <summary>The canonical payload.</summary>
    public byte[] ToPayload() => JsonBytes.Write(WriteTo);

    /// <summary>Reads the claims of a verified token. Judges their form, not their issuer, time or audience.</summary>
    public static bool TryParse(
        JwsToken verified,
        [NotNullWhen(true)] out AccessTokenClaims? claims,
        [NotNullWhen(false)] out string? error)
    {
        var reader = new AccessTokenReader(verified.Payload);
        claims = reader.Read();
        error = claims is null ? reader.Error ?? "the access token is malformed" : null;
        return claims is not null;
    }

    /// <summary>
    /// Reads the claims of a token that nobody has verified: for a signer that reads its own product back before
    /// handing it out. Danger: proves nothing.
    /// </summary>
    public static bool TryParseUnverified(
        UnverifiedJws jws,
        [NotNullWhen(true)] out AccessTokenClaims? claims,
        [NotNullWhen(false)] out string? error)
    {
        var reader = new AccessTokenReader(jws.PayloadUnverified);
        claims = reader.Read();
        error = claims is null ? reader.Error ?? "the access token is malformed" : null;
        return claims is not null;
    }

    /// <summary>Equal when their payloads are: times that differ by less than the wire tells are the same.</summary>
    public bool Equals(AccessTokenClaims? other) =>
        other is not null && (ReferenceEquals(this, other) || ToPayload().AsSpan().SequenceEqual(other.ToPayload()));

    /// <inheritdoc/>
    public override int GetHashCode() => Jti.GetHashCode(StringComparison.Ordinal);

    private void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, Issuer);
        writer.WriteString("sub"u8, Subject);
        WriteAudience(writer);
        writer.WriteString("client_id"u8, ClientId);
        if (Scope.Length > 0)
            writer.WriteString("scope"u8, Scope);
        writer.WritePropertyName("authorization_details"u8);
        Authority.WriteTo(writer);
        writer.WriteString("jti"u8, Jti);
        writer.WriteNumber("iat"u8, IssuedAt.ToUnixTimeSeconds());
        writer.WriteNumber("exp"u8, ExpiresAt.ToUnixTimeSeconds());
        if (Confirmation is not null)
        {
            writer.WritePropertyName("cnf"u8);
            Confirmation.WriteTo(writer);
        }

        if (Actors.Depth > 0)
        {
            writer.WritePropertyName("act"u8);
            Actors.WriteTo(writer);
        }

        writer.WriteString("txn"u8, TaskId);
        if (!Ancestors.IsEmpty)
        {
            writer.WritePropertyName("writ_anc"u8);
            Ancestors.WriteTo(writer);
        }

        if (MayAct is not null)
        {
            writer.WriteStartObject("may_act"u8);
            writer.WriteString("sub"u8, MayAct);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    // RFC 7519 §4.1.3: one audience may be written as a plain string, and most verifiers expect it so.
    private void WriteAudience(Utf8JsonWriter writer)
    {
        if (Audience.Length == 1)
        {
            writer.WriteString("aud"u8, Audience[0]);
            return;
        }

        writer.WriteStartArray("aud"u8);
        foreach (var audience in Audience)
            writer.WriteStringValue(audience);
        writer.WriteEndArray();
    }
}
