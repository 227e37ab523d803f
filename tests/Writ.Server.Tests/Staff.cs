using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Operators of each kind, under names of their own: one for the domain, two of the team that
/// <see cref="Seed"/> gives to everything, one of another team.</summary>
public sealed record Staff(TestCaller Owner, TestCaller Operator, TestCaller Viewer, TestCaller Stranger)
{
    public const string Team = "payments";
    public const string OtherTeam = "support";

    public static async Task<Staff> HireAsync(TestBroker broker) => new(
        await broker.Seed.OperatorAsync(Seed.Name("owner")),
        await broker.Seed.OperatorAsync(Seed.Name("operator"), OperatorRole.Operator, Team),
        await broker.Seed.OperatorAsync(Seed.Name("viewer"), OperatorRole.Viewer, Team),
        await broker.Seed.OperatorAsync(Seed.Name("stranger"), OperatorRole.Operator, OtherTeam));

    /// <summary>The short name of an operator: <c>alice</c>.</summary>
    public static string NameOf(TestCaller person) => person.Id[(person.Id.LastIndexOf('/') + 1)..];

    /// <summary>The path of an identity or operator within the trust domain: <c>agent/billing</c>.</summary>
    public static string PathOf(TestCaller principal) => principal.Id["spiffe://example.org/".Length..];
}
