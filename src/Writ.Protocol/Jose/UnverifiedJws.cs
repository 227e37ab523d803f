using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// A well-formed JWS that nobody has verified. Its payload can be looked at only through
/// <see cref="PayloadUnverified"/>: to find out which key to try, never to decide anything.
/// </summary>
public sealed class UnverifiedJws
{
    // How many keys a JWS without `kid` may be tried against: bounds the work that one forged token can cause.
    private const int MaxTrials = 16;

    private readonly byte[] _payloadBytes;
    private readonly byte[] _signed;
    private readonly byte[] _signature;

    internal UnverifiedJws(
        JwsHeader header, JsonElement payload, byte[] payloadBytes, byte[] signed, byte[] signature)
    {
        Header = header;
        PayloadUnverified = payload;
        _payloadBytes = payloadBytes;
        _signed = signed;
        _signature = signature;
    }

    /// <summary>The header, equally unverified.</summary>
    public JwsHeader Header { get; }

    /// <summary>What an unknown sender wrote. Danger: signed by nobody yet.</summary>
    public JsonElement PayloadUnverified { get; }

    /// <summary>Verifies with one key.</summary>
    /// <param name="key">The only key that counts.</param>
    /// <param name="allowed">Algorithms allowed at this place, a part of <see cref="JwsAlgorithms.All"/>.</param>
    /// <param name="requiredTyp">The media type; null when the caller checks it.</param>
    /// <param name="token">The verified token.</param>
    /// <param name="error">Why not.</param>
    public bool TryVerify(
        VerificationKey key,
        ImmutableArray<string> allowed,
        string? requiredTyp,
        [NotNullWhen(true)] out JwsToken? token,
        [NotNullWhen(false)] out JoseError? error)
    {
        token = null;
        error = CheckHeader(allowed, requiredTyp) ?? TryKey(key);
        if (error is not null)
            return false;
        token = new JwsToken(Header, PayloadUnverified, _payloadBytes, key);
        return true;
    }

    /// <summary>
    /// Verifies with the key of the ring that the header's <c>kid</c> names; without <c>kid</c>, with any key of the
    /// ring that fits the algorithm.
    /// </summary>
    /// <inheritdoc cref="TryVerify(VerificationKey, ImmutableArray{string}, string?, out JwsToken?, out JoseError?)"/>
    public bool TryVerify(
        KeyRing keys,
        ImmutableArray<string> allowed,
        string? requiredTyp,
        [NotNullWhen(true)] out JwsToken? token,
        [NotNullWhen(false)] out JoseError? error)
    {
        if (Header.Kid is { } kid && keys.TryGet(kid, out var named))
            return TryVerify(named, allowed, requiredTyp, out token, out error);

        token = null;
        error = CheckHeader(allowed, requiredTyp) ?? JoseError.UnknownKey;
        if (Header.Kid is not null || error != JoseError.UnknownKey)
            return false;

        var trials = 0;
        foreach (var key in keys.Keys)
        {
            if (!key.Fits(Header.Alg))
                continue;
            if (++trials > MaxTrials)
                break;
            error = TryKey(key);
            if (error is not null)
                continue;
            token = new JwsToken(Header, PayloadUnverified, _payloadBytes, key);
            return true;
        }

        return false;
    }

    private JoseError? CheckHeader(ImmutableArray<string> allowed, string? requiredTyp)
    {
        if (!allowed.AsSpan().Contains(Header.Alg) || !JwsAlgorithms.IsKnown(Header.Alg))
            return JoseError.AlgorithmNotAllowed;
        return requiredTyp is null || Header.HasType(requiredTyp) ? null : JoseError.WrongType;
    }

    private JoseError? TryKey(VerificationKey key)
    {
        if (!key.Fits(Header.Alg))
            return JoseError.KeyMismatch;
        return key.Verify(Header.Alg, _signed, _signature) ? null : JoseError.BadSignature;
    }
}
