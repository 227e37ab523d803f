using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// The holder's word that one actor may exchange one token once: signed with the key that the
/// token is bound to, which travels in the header. Lives for at most a minute.
/// </summary>
public sealed record ExchangeTicket
{
    /// <summary>The media type.</summary>
    public const string Typ = "writ-ticket+jwt";

    /// <summary>How long a ticket may live.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromSeconds(60);

    private const int MaxJtiLength = 256;
    private const int MaxResources = 32;

    private ExchangeTicket(string jti, DateTimeOffset expiresAt, string actor, ImmutableArray<string> resources)
    {
        Jti = jti;
        ExpiresAt = expiresAt;
        Actor = actor;
        Resources = resources;
    }

    /// <summary><c>jti</c>: to be taken once, until <see cref="ExpiresAt"/> and the skew have passed.</summary>
    public string Jti { get; }

    /// <summary><c>exp</c></summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary><c>act.sub</c>: the client id of the one who may exchange.</summary>
    public string Actor { get; }

    /// <summary><c>resource</c>: the audiences that the exchange may ask for.</summary>
    public ImmutableArray<string> Resources { get; }

    /// <summary>Verifies a ticket.</summary>
    public static ExchangeTicketOutcome Verify(string ticket, ExchangeTicketExpectation expected)
    {
        if (!Jws.TryRead(ticket, JwsLimits.Default, out var jws, out var readError))
            return new ExchangeTicketOutcome.Invalid(readError.Description);
        if (EmbeddedKey.TryVerify(jws, Typ, expected.Keys, out var token) is { } keyError)
            return new ExchangeTicketOutcome.Invalid(keyError);
        if (token!.Key.Thumbprint != expected.Jkt)
            return new ExchangeTicketOutcome.Invalid("the ticket is not signed with the key of the subject token");

        var reason = Read(token, expected, out var read);
        return reason is null ? new ExchangeTicketOutcome.Valid(read!) : new ExchangeTicketOutcome.Invalid(reason);
    }

    /// <summary>Makes a ticket.</summary>
    /// <param name="holder">A signer of the key that the subject token is bound to.</param>
    /// <param name="issuer">The broker's issuer identifier.</param>
    /// <param name="actor">The client id of the one who may exchange.</param>
    /// <param name="resources">The audiences that the exchange may ask for; not empty.</param>
    /// <param name="subjectToken">The token that may be exchanged.</param>
    /// <param name="jti">A fresh random id.</param>
    /// <param name="now">The present moment.</param>
    public static string Create(
        JwsSigner holder,
        string issuer,
        string actor,
        IReadOnlyCollection<string> resources,
        string subjectToken,
        string jti,
        DateTimeOffset now)
    {
        var payload = JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("aud"u8, issuer);
            writer.WriteStartObject("act"u8);
            writer.WriteString("sub"u8, actor);
            writer.WriteEndObject();
            writer.WriteStartArray("resource"u8);
            foreach (var resource in resources)
                writer.WriteStringValue(resource);
            writer.WriteEndArray();
            writer.WriteString("ath"u8, AccessTokenHash.Of(subjectToken));
            writer.WriteString("jti"u8, jti);
            writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            writer.WriteNumber("exp"u8, (now + MaxLifetime).ToUnixTimeSeconds());
            writer.WriteEndObject();
        });
        return holder.SignProof(Typ, payload);
    }

    private static string? Read(JwsToken token, ExchangeTicketExpectation expected, out ExchangeTicket? ticket)
    {
        ticket = null;
        var payload = token.Payload;
        if (StrictJson.TextOf(payload, "aud"u8) != expected.Issuer)
            return "aud of the ticket must be the issuer and nothing else";
        if (!NumericDate.TryRead(payload, "iat"u8, out var issuedAt)
            || !NumericDate.TryRead(payload, "exp"u8, out var expiresAt))
        {
            return "iat or exp of the ticket is missing or malformed";
        }

        if (expiresAt <= expected.Now - expected.Skew)
            return "the ticket has expired";
        if (issuedAt > expected.Now + expected.Skew)
            return "the ticket is from the future";
        if (expiresAt - issuedAt > MaxLifetime || expiresAt > expected.Now + MaxLifetime + expected.Skew)
            return "the ticket lives too long";
        if (StrictJson.TextOf(payload, "jti"u8) is not { Length: > 0 and <= MaxJtiLength } jti)
            return "jti of the ticket is missing or malformed";
        if (!payload.TryGetProperty("act"u8, out var act)
            || !ActorChain.TryParse(act, out var actor)
            || actor.Depth != 1
            || actor.Current != expected.Actor)
        {
            return "the ticket names another actor";
        }

        if (StrictJson.TextOf(payload, "ath"u8) is not { } ath || !AccessTokenHash.Matches(ath, expected.SubjectToken))
            return "the ticket is for another subject token";
        if (!TryResources(payload, out var resources)
            || !SortedText.IsSubset(SortedText.Of(expected.Resources), resources))
        {
            return "the ticket does not name the audience that is asked for";
        }

        ticket = new ExchangeTicket(jti, expiresAt, expected.Actor, resources);
        return null;
    }

    private static bool TryResources(JsonElement payload, out ImmutableArray<string> resources)
    {
        resources = [];
        if (!payload.TryGetProperty("resource"u8, out var array)
            || array.ValueKind != JsonValueKind.Array
            || array.GetArrayLength() is 0 or > MaxResources)
        {
            return false;
        }

        var texts = new List<string>();
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                return false;
            texts.Add(item.GetString()!);
        }

        resources = SortedText.Of(texts);
        return true;
    }
}
