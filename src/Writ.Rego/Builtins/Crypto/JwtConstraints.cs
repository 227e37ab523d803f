using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>What <c>io.jwt.decode_verify</c> is to hold a token against.</summary>
internal sealed class JwtConstraints
{
    private readonly RegoNumber _nowSeconds;
    private readonly string _issuer = "";
    private readonly string _audience = "";

    public JwtConstraints(BuiltinContext context, RegoObject constraints)
    {
        var nanoseconds = RegoNumber.Of(context.NowNanoseconds);
        foreach (var (key, value) in constraints)
        {
            switch ((key as RegoString)?.Value)
            {
                case "cert":
                    Keys = JwtKey.ReadShared(TextOf("cert", value));
                    break;
                case "secret":
                    Secret = TextOf("secret", value);
                    break;
                case "alg":
                    Algorithm = TextOf("alg", value);
                    break;
                case "iss":
                    _issuer = TextOf("iss", value);
                    break;
                case "aud":
                    _audience = TextOf("aud", value);
                    break;
                case "time":
                    nanoseconds = value as RegoNumber
                        ?? throw BuiltinError.Failed("token time constraint: must be a number");
                    break;
                default:
                    throw BuiltinError.Failed(
                        $"unknown token validation constraint: {(key as RegoString)?.Value ?? key.ToString()}");
            }
        }

        if (nanoseconds < RegoNumber.Zero)
        {
            throw BuiltinError.Failed("token time constraint: must not be negative");
        }

        var seconds = nanoseconds.ToDouble() / 1_000_000_000;
        _nowSeconds = double.IsFinite(seconds)
            ? RegoNumber.Of(seconds)
            : throw BuiltinError.Failed("token time constraint: must be a time");
        if (Keys is not null && Secret.Length > 0)
        {
            throw BuiltinError.Failed("duplicate key constraints");
        }

        if (Keys is null && Secret.Length == 0)
        {
            throw BuiltinError.Failed("no key constraint");
        }
    }

    public List<JwtKey>? Keys { get; }

    public string Secret { get; } = "";

    public string Algorithm { get; } = "";

    /// <summary>RFC 7519 §4.1.1 to §4.1.5, with the query's time or the one that was given.</summary>
    public bool AreMet(RegoObject payload)
    {
        if (_issuer.Length > 0
            && !(payload.TryGet("iss", out var issuer) && issuer is RegoString { Value: var name } && name == _issuer))
        {
            return false;
        }

        var hasAudience = payload.TryGet("aud", out var audience);
        if (hasAudience ? !IsMeant(audience!) : _audience.Length > 0)
        {
            return false;
        }

        return !(Moment(payload, "exp") is { } end && end <= _nowSeconds)
            && !(Moment(payload, "nbf") is { } start && start > _nowSeconds);
    }

    private static RegoNumber? Moment(RegoObject payload, string claim) => payload.TryGet(claim, out var value)
        ? value as RegoNumber ?? throw BuiltinError.Failed($"{claim} value must be a number")
        : null;

    private bool IsMeant(RegoValue audience) => audience switch
    {
        RegoString one => one.Value == _audience,
        RegoArray several => several.Span.Contains(RegoString.Of(_audience)),
        _ => false,
    };

    private static string TextOf(string name, RegoValue value) =>
        (value as RegoString ?? throw BuiltinError.Failed($"{name} constraint: must be a string")).Value;
}
