using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>Reads one access token's claims; remembers the first fault. Lives for one call.</summary>
internal struct AccessTokenReader(JsonElement payload)
{
    private readonly JsonElement _payload = payload;

    internal string? Error { get; private set; }

    internal AccessTokenClaims? Read()
    {
        if (Text("iss"u8) is not { } issuer
            || Text("sub"u8) is not { } subject
            || Text("client_id"u8) is not { } clientId
            || Text("jti"u8) is not { } jti
            || Text("txn"u8) is not { } task)
        {
            return Fail("iss, sub, client_id, jti or txn is missing or no string");
        }

        if (!TryAudience(_payload, out var audience))
            return Fail("aud is missing or malformed");
        if (!NumericDate.TryRead(_payload, "iat"u8, out var issuedAt)
            || !NumericDate.TryRead(_payload, "exp"u8, out var expiresAt))
        {
            return Fail("iat or exp is missing or no date");
        }

        if (!_payload.TryGetProperty("authorization_details"u8, out var details))
            return Fail("authorization_details is missing");
        if (Authority.ReadIssued(details, out var authority) is { } detailsError)
            return Fail(detailsError);

        if (!TryOptional("cnf"u8, Confirmation.TryParse, out Confirmation? confirmation)
            || !TryOptional("act"u8, ActorChain.TryParse, out ActorChain? actors)
            || !TryOptional("writ_anc"u8, TokenAncestors.TryParse, out TokenAncestors? ancestors)
            || !TryOptional("may_act"u8, TryMayAct, out string? mayAct)
            || !TryOptional("scope"u8, TryText, out string? scope))
        {
            return Fail("cnf, act, writ_anc, may_act or scope is malformed");
        }

        return new AccessTokenClaims
        {
            Issuer = issuer,
            Subject = subject,
            Audience = audience,
            ClientId = clientId,
            Scope = scope ?? "",
            Authority = authority,
            Jti = jti,
            IssuedAt = issuedAt,
            ExpiresAt = expiresAt,
            Confirmation = confirmation,
            Actors = actors ?? ActorChain.None,
            TaskId = task,
            Ancestors = ancestors ?? TokenAncestors.None,
            MayAct = mayAct,
        };
    }

    /// <summary>One string, or an array of strings that is not empty (RFC 7519 §4.1.3).</summary>
    internal static bool TryAudience(JsonElement payload, out ImmutableArray<string> audience)
    {
        audience = [];
        if (!payload.TryGetProperty("aud"u8, out var aud))
            return false;
        if (aud.ValueKind == JsonValueKind.String)
        {
            audience = [aud.GetString()!];
            return audience[0].Length > 0;
        }

        if (aud.ValueKind != JsonValueKind.Array || aud.GetArrayLength() == 0)
            return false;
        var builder = ImmutableArray.CreateBuilder<string>(aud.GetArrayLength());
        foreach (var item in aud.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || item.GetString() is not { Length: > 0 } text)
                return false;
            builder.Add(text);
        }

        audience = builder.MoveToImmutable();
        return true;
    }

    private delegate bool Parser<T>(JsonElement element, out T? value)
        where T : class;

    private static bool TryMayAct(JsonElement element, out string? subject)
    {
        subject = element.ValueKind == JsonValueKind.Object ? StrictJson.TextOf(element, "sub"u8) : null;
        return subject is { Length: > 0 };
    }

    private static bool TryText(JsonElement element, out string? text)
    {
        text = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        return text is not null;
    }

    private readonly string? Text(ReadOnlySpan<byte> name) =>
        StrictJson.TextOf(_payload, name) is { Length: > 0 } text ? text : null;

    // Absent is fine; what is there must be right.
    private readonly bool TryOptional<T>(ReadOnlySpan<byte> name, Parser<T> parse, out T? value)
        where T : class
    {
        value = null;
        return !_payload.TryGetProperty(name, out var member) || parse(member, out value);
    }

    private AccessTokenClaims? Fail(string why)
    {
        Error = why;
        return null;
    }
}
