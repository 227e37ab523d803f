namespace Writ.Server.Inventory;

/// <summary>The body that writes a risk signal. It takes the place of those of its name.</summary>
public sealed record RiskSignalRequest
{
    /// <summary>What was observed: <c>new-country</c>.</summary>
    public string? Name { get; init; }
    /// <summary>How much it adds to the risk; 0: it no longer holds.</summary>
    public int? Score { get; init; }
    /// <summary>For how long it counts; an hour if left out.</summary>
    public int? Seconds { get; init; }
}
