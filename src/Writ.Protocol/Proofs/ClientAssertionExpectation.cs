namespace Writ.Protocol;

/// <summary>What a client assertion must fit.</summary>
/// <param name="ClientId">The client whose keys are used.</param>
/// <param name="Issuer">The broker's issuer identifier, from configuration.</param>
/// <param name="Now">The present moment.</param>
/// <param name="Skew">How far two clocks may differ.</param>
public sealed record ClientAssertionExpectation(string ClientId, string Issuer, DateTimeOffset Now, TimeSpan Skew)
{
    /// <summary>How far ahead <c>exp</c> may lie.</summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Assertions made up to this moment are refused: the broker does not remember which of them were used.
    /// </summary>
    public DateTimeOffset MadeAfter { get; init; } = DateTimeOffset.MinValue;
}
