namespace Writ.Protocol;

/// <summary>One revocation, as the feed carries it.</summary>
/// <param name="Handle">What is revoked.</param>
/// <param name="IssuedBefore">
/// Tokens issued at or before this moment are dead; <see cref="DateTimeOffset.MaxValue"/> for tokens and tasks, which
/// never come back.
/// </param>
/// <param name="MattersUntil">When the last token that it could kill will have expired anyway.</param>
/// <param name="Reason">A stable code.</param>
public sealed record RevocationEntry(
    RevocationHandle Handle,
    DateTimeOffset IssuedBefore,
    DateTimeOffset MattersUntil,
    string Reason);
