using House.Tests.Laws;

namespace House.Tests;

/// <summary>The house keeps every law; each law sees what was planted to break it, and lets be what keeps it.</summary>
public sealed class LawTests
{
    private static readonly ILaw[] All =
    [
        new ProjectDependencies(),
        new RoomDirections(),
        new Makers(),
        new OwnActs(),
        new SecretComparisons(),
        new Suppressions(),
        new Sizes(),
        new ConstructorParameters(),
        new Names(),
        new PartialTypes(),
        new Interfaces(),
        new PublicDocumentation(),
        new Documents(),
        new LeftInTheYard(),
    ];

    public static TheoryData<string> Names => [.. All.Select(law => law.GetType().Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void House_keeps_the_law(string name)
    {
        var breaches = Law(name).Check(SourceTree.House)
            .Select(breach => breach.ToString()).Distinct(StringComparer.Ordinal);
        var list = string.Join('\n', breaches.Order(StringComparer.Ordinal));
        Assert.True(list.Length == 0, list);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Planted_breach_is_seen(string name)
    {
        Assert.NotEmpty(Law(name).Breaking);
        foreach (var tree in Law(name).Breaking)
        {
            Assert.True(Law(name).Check(tree).Any(), $"{name} does not see\n{tree}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_keeps_the_law_is_left_alone(string name)
    {
        Assert.NotEmpty(Law(name).Keeping);
        foreach (var tree in Law(name).Keeping)
        {
            var breach = Law(name).Check(tree).FirstOrDefault();
            Assert.True(breach is null, $"{name} sees '{breach}' in\n{tree}");
        }
    }

    private static ILaw Law(string name) =>
        All.Single(law => string.Equals(law.GetType().Name, name, StringComparison.Ordinal));
}
