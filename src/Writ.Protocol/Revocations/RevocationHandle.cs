namespace Writ.Protocol;

/// <summary>
/// Something by which tokens can be killed: one token, one task, one identity, one signing key, or all of an issuer.
/// </summary>
/// <param name="Kind">One of the constants here.</param>
/// <param name="Value">The id.</param>
public readonly record struct RevocationHandle(string Kind, string Value)
{
    /// <summary>One token, and all that descends from it.</summary>
    public const string TokenKind = "jti";

    /// <summary>One task, and all under it.</summary>
    public const string TaskKind = "txn";

    /// <summary>One identity: as subject, client or actor.</summary>
    public const string IdentityKind = "sub";

    /// <summary>One key of the broker.</summary>
    public const string SigningKeyKind = "kid";

    /// <summary>All that one issuer ever issued.</summary>
    public const string IssuerKind = "iss";

    /// <summary>The handle of a token.</summary>
    public static RevocationHandle Token(string jti) => new(TokenKind, jti);

    /// <summary>The handle of a task.</summary>
    public static RevocationHandle Task(string taskId) => new(TaskKind, taskId);

    /// <summary>The handle of an identity.</summary>
    public static RevocationHandle Identity(string subject) => new(IdentityKind, subject);

    /// <summary>The handle of a signing key.</summary>
    public static RevocationHandle SigningKey(string kid) => new(SigningKeyKind, kid);

    /// <summary>The handle of an issuer: after a restore from a backup, which does not know what it issued.</summary>
    public static RevocationHandle Issuer(string issuer) => new(IssuerKind, issuer);

    /// <summary>Whether the kind is one of the five.</summary>
    public static bool IsKind(string? kind) =>
        kind is TokenKind or TaskKind or IdentityKind or SigningKeyKind or IssuerKind;

    /// <inheritdoc/>
    public override string ToString() => Kind + ":" + Value;
}
