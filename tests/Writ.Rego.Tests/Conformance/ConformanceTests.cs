namespace Writ.Rego.Tests.Conformance;

/// <summary>OPA's own suite, as far as the shared vectors hold it: what passed once passes always.</summary>
public sealed class ConformanceTests
{
    private const string Passing = "tests/Writ.Rego.Tests/Conformance/passing.txt";

    [Fact]
    public void Every_case_that_passed_before_passes()
    {
        if (!Vectors.TryFind("opa/dev", out var folder))
            return;
        var passing = File.ReadLines(Repository.At(Passing)).ToHashSet(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var failing = new List<string>();
        var more = 0;
        foreach (var one in ConformanceRun.Find(folder))
        {
            found.Add(one.Id);
            var problem = one.Run();
            if (problem is not null && passing.Contains(one.Id))
                failing.Add($"{one.Id}: {problem}");
            else if (problem is null && !passing.Contains(one.Id))
                more++;
        }

        if (more > 0)
            TestContext.Current.SendDiagnosticMessage($"{more} more cases pass: add them to {Passing}");
        Assert.True(failing.Count == 0, string.Join('\n', failing));
        Assert.Empty(passing.Except(found, StringComparer.Ordinal));
    }
}
