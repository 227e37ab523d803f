using System.Text.Json;
using System.Text.RegularExpressions;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records as OCSF events, held against OCSF's own schema.</summary>
public sealed partial class OcsfEventTests
{
    [Fact]
    public async Task Every_kind_of_record_has_its_class()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var kinds = new SortedSet<string>(StringComparer.Ordinal);
        kinds.UnionWith(Routes.Table(broker.Wiring).Select(r => r.AuditKind).Where(k => k.Length > 0));
        foreach (var file in Directory.GetFiles(Repository.At("src/Writ.Server"), "*.cs", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file);
            kinds.UnionWith(Assigned().Matches(text).Select(m => m.Groups["kind"].Value));
            kinds.UnionWith(Action().Matches(text).Select(m => m.Groups["kind"].Value.Replace(':', '.'))
                .Where(k => Nouns.Contains(k.Split('.')[0])));
        }
        var documented = Documented().Matches(File.ReadAllText(Repository.At("docs/audit.md")))
            .Select(m => m.Groups["kind"].Value);
        kinds.UnionWith(documented.Where(k => Nouns.Contains(k.Split('.')[0])));

        Assert.True(kinds.Count > 60, $"{kinds.Count} kinds: where have they gone?");
        Assert.DoesNotContain(kinds, k => !OcsfKinds.Table.ContainsKey(k));
    }

    [Fact]
    public void Document_shows_the_table_as_it_is()
    {
        var shown = Row().Matches(File.ReadAllText(Repository.At("docs/siem.md")))
            .Select(m => (m.Groups["kind"].Value, m.Groups["class"].Value, m.Groups["activity"].Value)).ToList();

        Assert.Equal(
            OcsfKinds.Table.Select(k => (k.Key, $"{k.Value.ClassName} {k.Value.Class}", k.Value.ActivityName)), shown);
    }

    [Fact]
    public void Every_kind_is_an_event_as_the_schema_wants_it()
    {
        if (!Vectors.TryFind("ocsf/schema", out var folder)) return;
        var schema = new OcsfSchema(folder);
        object[] contents =
            [new { }, SinkRecords.Full(), new { detail_hash = "x" }, new { detail = new { source = "x" } }];
        foreach (var kind in OcsfKinds.Table.Keys.Append("thing.of_tomorrow"))
            foreach (var outcome in (string[])["allow", "deny"])
                foreach (var content in contents)
                    foreach (var size in Enum.GetValues<EntrySize>())
                    {
                        var e = Event(SinkRecords.Row(7, kind, outcome, content), size);
                        Assert.True(
                            schema.Faults(e) is [], $"{kind}: {string.Join("; ", schema.Faults(e))}\n{e.GetRawText()}");
                    }
    }

    [Fact]
    public async Task Records_of_a_broker_are_events_as_the_schema_wants_them()
    {
        if (!Vectors.TryFind("ocsf/schema", out var folder)) return;
        var schema = new OcsfSchema(folder);
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var task = await world.Agent.PostAsync(
            "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "refund order 7" });
        await world.Agent.TokenAsync(("task", task["id"]!), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", task["id"]!), ("scope", "no:thing@nowhere"));
        await world.Agent.PostAsync($"/v1/tasks/{task["id"]}/end", new { });
        await broker.Http.PostAsync(new Uri("/oauth/token", UriKind.Relative), new FormUrlEncodedContent(
            [new("grant_type", "client_credentials"), new("client_id", "nobody"), new("client_secret", "x")]));

        var rows = await new RecordStore(broker.Wiring.Database).FromAsync(0, 1000);
        Assert.True(rows.Count > 5);
        foreach (var row in rows)
        {
            var e = Event(row);
            Assert.True(schema.Faults(e) is [], $"{string.Join("; ", schema.Faults(e))}\n{e.GetRawText()}");
        }
        var token = rows.Select(r => Event(r)).Single(e =>
            Text(e.GetProperty("metadata"), "event_code") == "token.issue" && e.GetProperty("status_id").GetInt32() == 1
            && Text(e.GetProperty("metadata"), "correlation_uid") == task["id"]);
        Assert.Equal(world.Agent.Id, Text(token.GetProperty("actor").GetProperty("user"), "uid"));
        Assert.StartsWith("at_", token.GetProperty("session").GetProperty("uid").GetString());
        Assert.Equal($"orders:read@{world.Orders.Uri}", token.GetProperty("privileges")[0].GetString());
    }

    /// <summary>The judge itself: an event that is wrong is found out.</summary>
    [Theory]
    [InlineData("\"severity_id\":1", "\"severity_id\":7")]
    [InlineData("\"severity\":\"Informational\"", "\"severity\":\"Low\"")]
    [InlineData("\"class_uid\":3003", "\"class_uid\":3002")]
    [InlineData("\"type_uid\":300301", "\"type_uid\":300302")]
    [InlineData("\"time\":", "\"thyme\":")]
    [InlineData("\"privileges\":", "\"unmapped2\":")]
    [InlineData("\"version\":\"1.5.0\"", "\"version\":15")]
    [InlineData("\"session\":{", "\"session\":{\"colour\":1,")]
    public void Event_that_is_wrong_is_found_out(string right, string wrong)
    {
        if (!Vectors.TryFind("ocsf/schema", out var folder)) return;
        var text = SinkRecords.Write(SinkRecords.Form("ocsf"), SinkRecords.Row(7, more: SinkRecords.Full()));
        Assert.Contains(right, text, StringComparison.Ordinal);

        var changed = JsonElement.Parse(text.Replace(right, wrong, StringComparison.Ordinal));

        Assert.NotEmpty(new OcsfSchema(folder).Faults(changed));
    }

    [Fact]
    public void What_it_has_no_word_for_stays_under_its_own_name()
    {
        var e = Event(SinkRecords.Row(41, more: SinkRecords.Full()));
        var rest = e.GetProperty("unmapped");

        Assert.Equal("41", e.GetProperty("metadata").GetProperty("uid").GetString());
        Assert.Equal(1_763_800_000_123L, e.GetProperty("time").GetInt64());
        Assert.Equal(("ab12", "dec_01"), (Text(rest, "grant"), Text(rest, "decision_id")));
        Assert.Equal("words", Text(rest.GetProperty("detail"), "because"));
        Assert.True(Event(SinkRecords.Row(1, more: new { detail_hash = "x" }))
            .GetProperty("unmapped").GetProperty("erased").GetBoolean());
    }

    private static readonly string[] Nouns =
        [.. OcsfKinds.Table.Keys.Select(k => k.Split('.')[0]).Distinct(StringComparer.Ordinal)];

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static JsonElement Event(RecordRow row, EntrySize size = EntrySize.Whole) =>
        JsonElement.Parse(SinkRecords.Write(SinkRecords.Form("ocsf"), row, size));

    [GeneratedRegex("Kind = \"(?<kind>[a-z_]+\\.[a-z_.]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Assigned();

    [GeneratedRegex("\"(?<kind>[a-z_]+:[a-z_]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Action();

    [GeneratedRegex(@"`(?<kind>[a-z_]+\.[a-z_]+(?:\.[a-z_]+)?)`", RegexOptions.None, 1000)]
    private static partial Regex Documented();

    [GeneratedRegex(
        @"^\| `(?<kind>[a-z_.]+)` \| (?<class>[A-Za-z ]+ \d{4}) \| (?<activity>[A-Za-z ]+) \|",
        RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
