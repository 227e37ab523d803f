using System.Text.RegularExpressions;
using Writ.Protocol;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>docs/life-of-a-token.md walked: what it names exists, and what it says happens.</summary>
public sealed partial class LifeOfATokenTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "life-of-a-token.md"));

    [Fact]
    public void Every_file_and_symbol_that_the_page_names_exists()
    {
        var files = FilePattern().Matches(Page).Select(m => m.Value).Distinct().ToList();
        Assert.NotEmpty(files);
        foreach (var file in files) Assert.True(File.Exists(Path.Combine(Repository.Root, file)), file);

        files.Add("tests/Writ.Server.Tests/LifeOfATokenTests.cs");
        var source = string.Concat(files.Select(f => File.ReadAllText(Path.Combine(Repository.Root, f))));
        var symbols = SymbolPattern().Matches(Page).Select(m => m.Groups["name"].Value.Split('.')[^1]);
        foreach (var symbol in symbols.Distinct())
            Assert.Contains(symbol, source, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_lives_as_the_page_says(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var head = await broker.HeadAsync();

        // 0 the task, 1 to 8 the token
        var task = await world.Agent.PostAsync(
            "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "refund order 7" });
        var token = await world.Agent.TokenAsync(("task", task["id"]!), ("scope", world.Grant()));
        Assert.Equal(200, token.Status);

        // 6 and 7: the record's digest is that of the very bytes that were signed
        var issued = (await broker.RecordsAsync(head))[^1];
        Assert.Equal("token.issue", issued.GetProperty("kind").GetString());
        Base64UrlText.TryDecode(token.AccessToken.Split('.')[1], out var signed);
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(signed)),
            issued.GetProperty("grant").GetString());
        Assert.Equal(token["decision_id"], issued.GetProperty("decision_id").GetString());

        // 9 alive, 10 dead
        Assert.True(await IsActiveAsync(world.Agent, token.AccessToken));
        Assert.Equal(200, (await world.Agent.PostAsync($"/v1/tasks/{task["id"]}/end", new { })).Status);
        Assert.False(await IsActiveAsync(world.Agent, token.AccessToken));
        var kinds = (await broker.RecordsAsync(head)).Select(r => r.GetProperty("kind").GetString()).ToList();
        var named = KindPattern().Matches(Page).Select(m => m.Groups["name"].Value);
        foreach (var kind in named.Where(k => k.StartsWith('t')))
            Assert.Contains(kind, kinds);
    }

    private static async Task<bool> IsActiveAsync(TestCaller caller, string token) =>
        (await caller.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token)))
            .Json.GetProperty("active").GetBoolean();

    [GeneratedRegex("src/[A-Za-z./]+\\.cs", RegexOptions.None, 1000)]
    private static partial Regex FilePattern();

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]+(?:\\.[A-Z][A-Za-z]+)*)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SymbolPattern();

    [GeneratedRegex("record(ed as)? `(?<name>[a-z_]+\\.[a-z_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KindPattern();
}
