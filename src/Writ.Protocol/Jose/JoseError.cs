namespace Writ.Protocol;

/// <summary>Why a JWS was refused. The texts are fixed: nothing of the token itself is ever in them.</summary>
public sealed record JoseError
{
    private JoseError(string code, string description)
    {
        Code = code;
        Description = description;
    }

    /// <summary>A stable name for logs, metrics and tests.</summary>
    public string Code { get; }

    /// <summary>One sentence for people, in the characters that RFC 6749 §5.2 allows.</summary>
    public string Description { get; }

    /// <summary>Longer than the limits allow.</summary>
    public static JoseError TooLarge { get; } = new("too_large", "the JWS is too large");

    /// <summary>Not three parts joined by dots (RFC 7515 §7.1).</summary>
    public static JoseError NotCompact { get; } = new("not_compact", "not a compact JWS of three parts");

    /// <summary>A part is not canonical base64url (RFC 7515 §2).</summary>
    public static JoseError NotBase64Url { get; } = new("not_base64url", "a part of the JWS is not strict base64url");

    /// <summary>The header is no strict JSON object, or lacks or mistypes a parameter (RFC 7515 §4).</summary>
    public static JoseError BadHeader { get; } = new("bad_header", "the JWS header is malformed");

    /// <summary>The payload is no strict JSON object (RFC 7519 §7.2).</summary>
    public static JoseError BadPayload { get; } = new("bad_payload", "the JWS payload is not a strict JSON object");

    /// <summary>The header names an extension: we support none (RFC 7515 §4.1.11, RFC 7797 §6).</summary>
    public static JoseError Critical { get; } = new("critical", "the JWS header needs an unsupported extension");

    /// <summary>The algorithm is unknown or not among those allowed here (RFC 8725 §3.1).</summary>
    public static JoseError AlgorithmNotAllowed { get; } = new("alg_not_allowed", "the JWS algorithm is not allowed");

    /// <summary>The algorithm does not fit the key, or the key says it is for something else (RFC 8725 §3.1).</summary>
    public static JoseError KeyMismatch { get; } = new("key_mismatch", "the JWS algorithm does not fit the key");

    /// <summary>No key of that <c>kid</c>, or no key at all that fits.</summary>
    public static JoseError UnknownKey { get; } = new("unknown_key", "no known key fits the JWS");

    /// <summary>The <c>typ</c> is not the one that belongs here (RFC 8725 §3.11).</summary>
    public static JoseError WrongType { get; } = new("wrong_typ", "the JWS has the wrong typ");

    /// <summary>The signature does not verify.</summary>
    public static JoseError BadSignature { get; } = new("bad_signature", "the JWS signature does not verify");

    /// <inheritdoc/>
    public override string ToString() => Code;
}
