using System.Buffers.Text;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Tests.Transparency;

/// <summary>What is served of the log: enough to hold the broker to it, with nothing of ours but for comparison.
/// </summary>
public sealed class LogEndpointTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Checkpoint_tiles_entries_and_proofs_are_those_of_the_records(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = (await Staff.HireAsync(broker)).Owner;
        var entries = await FillAsync(broker, 600);
        using var key = VerifierKey.Parse((await TextAsync(broker, "/log/key")).TrimEnd('\n'));
        Assert.True(SignedNote.TryParse(await TextAsync(broker, "/log/checkpoint"), out var note));
        Assert.True(Checkpoint.TryParse(note.Text, out var head));

        Assert.Single(note.Verify([key]));
        Assert.Equal(("example.org/log", entries.Length), (head.Origin, (int)head.Size));
        Assert.Equal(Convert.ToBase64String(ReferenceTree.Root(entries)), head.Root.ToString());
        Assert.Equal(note.ToString(), await TextAsync(broker, "/log/former/1/checkpoint"));
        foreach (var tile in Tile.New(0, head.Size))
        {
            var hashes = await broker.Http.GetByteArrayAsync($"/log/{tile.Path}");
            Assert.Equal(tile.Width * 32, hashes.Length);
            for (var i = 0; i < tile.Width; i++)
                Assert.Equal(ReferenceTree.Root(Below(entries, tile, i)), hashes[(i * 32)..((i + 1) * 32)]);
        }
        foreach (var prefix in (string[])["/log/tile/entries", "/log/entries", "/log/former/1/tile/entries"])
            for (var n = 0; n * 256 < entries.Length; n++)
                Assert.Equal(
                    entries.Skip(n * 256).Take(256),
                    await EntriesAsync(broker, owner, $"{prefix}/{Tile.In(head.Size, 0, n)!.Value.EntriesPath[13..]}"));
        await ProofsAsync(broker, entries, key, head);
    }

    [Fact]
    public async Task Caches_are_told_what_never_changes()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        await FillAsync(broker, 300);

        using var full = await broker.Http.GetAsync("/log/former/1/tile/0/000");
        using var growing = await broker.Http.GetAsync("/log/tile/0/000");
        using var headless = await broker.Http.GetAsync("/log/proof/inclusion/0");
        using var head = await broker.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/log/tile/0/000"));
        using var checkpoint = await broker.Http.GetAsync("/log/checkpoint");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/log/checkpoint");
        again.Headers.IfNoneMatch.Add(checkpoint.Headers.ETag!);
        using var same = await broker.Http.SendAsync(again);

        Assert.Equal("public, max-age=31536000, immutable", full.Headers.CacheControl!.ToString());
        // The tree that grows is another one after a restore.
        foreach (var mutable in (HttpResponseMessage[])[growing, headless])
            Assert.Equal("no-cache", mutable.Headers.CacheControl!.ToString());
        Assert.Equal("application/octet-stream", full.Content.Headers.ContentType!.MediaType);
        Assert.Equal((HttpStatusCode.OK, 8192L), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal("no-cache", checkpoint.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }

    [Theory]
    [InlineData("/log/tile/0/1", 400)]
    [InlineData("/log/tile/0/0001", 400)]
    [InlineData("/log/tile/00/001", 400)]
    [InlineData("/log/tile/0/x000/001", 400)]
    [InlineData("/log/tile/0/000.p/0", 400)]
    [InlineData("/log/tile/0/000.p/256", 400)]
    [InlineData("/log/tile/-1/000", 400)]
    [InlineData("/log/tile/0/x999/x999/x999/x999/x999/x999/999", 400)]
    [InlineData("/log/tile/0/000/", 400)]
    [InlineData("/log/tile", 400)]
    [InlineData("/log/tile/0/000", 404)]
    [InlineData("/log/tile/0/000.p/255", 404)]
    [InlineData("/log/tile/1/000.p/1", 404)]
    [InlineData("/log/tile/7/x123/456", 404)]
    [InlineData("/log/proof/inclusion/99999999", 404)]
    [InlineData("/log/proof/inclusion/0?size=99999999", 404)]
    [InlineData("/log/proof/inclusion/0?size=-1", 400)]
    [InlineData("/log/proof/inclusion/0?size=0", 404)]
    [InlineData("/log/proof/inclusion/99999999999999999999", 400)]
    [InlineData("/log/proof/consistency/5/1", 400)]
    [InlineData("/log/proof/consistency/1/99999999", 404)]
    [InlineData("/log/proof/x", 400)]
    [InlineData("/log/proof/99999999", 404)]
    [InlineData("/log/checkpoints?after=x", 400)]
    [InlineData("/log/checkpoints?after=0&after=1", 400)]
    [InlineData("/log/former/2/checkpoint", 404)]
    [InlineData("/log/former/x/checkpoint", 404)]
    [InlineData("/log/former/1/nothing", 404)]
    public async Task Bad_paths_have_a_stable_code(string path, int status)
    {
        var broker = await Small.Value;

        using var answer = await broker.Http.GetAsync(path);

        Assert.Equal(status, (int)answer.StatusCode);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(status == 400 ? "invalid_request" : "not_found", problem.GetProperty("code").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Receipt_is_found_by_index_decision_and_token_by_whoever_may_read_the_record(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var issued = await world.Agent.TokenAsync(
            ("task", (await world.TaskAsync()).Id), ("scope", world.Grant()));
        var record = (await broker.RecordsAsync()).Last(r => r.GetProperty("kind").GetString() == "token.issue");
        await broker.Wiring.Log.Sequencer.RunAsync();
        Assert.Equal(200, issued.Status);
        var jti = record.GetProperty("jti").GetString();
        var decision = record.GetProperty("decision_id").GetString();
        var byJti = await staff.Viewer.GetAsync($"/v1/audit/{jti}/proof");
        var index = byJti.Json.GetProperty("index").GetInt64();

        Assert.Equal(byJti.Text, (await staff.Viewer.GetAsync($"/v1/audit/{decision}/proof")).Text);
        Assert.Equal(byJti.Text, (await staff.Owner.GetAsync($"/v1/audit/{index}/proof")).Text);
        foreach (var id in (string[])[$"{jti}", $"{decision}", $"{index}"])
            Assert.Equal("not_found", (await staff.Stranger.GetAsync($"/v1/audit/{id}/proof")).Code);
        foreach (var id in (string[])["dec_nothing", "99999999", "-1", new string('x', 5000)])
            Assert.Equal("not_found", (await staff.Owner.GetAsync($"/v1/audit/{id}/proof")).Code);

        // Offline, with nothing but the key.
        using var key = VerifierKey.Parse(byJti["key"]!);
        Assert.True(LogProof.TryParse(byJti["proof"]!, out var proof));
        var core = Encoding.UTF8.GetBytes(byJti["core"]!);
        Assert.Null(proof.Verify(TreeHash.OfLeaf(core), key, [], 0).Fault);
        Assert.NotNull(proof.Verify(TreeHash.OfLeaf([.. core, 0]), key, [], 0).Fault);
        var detail = Base64Url.DecodeFromChars(byJti["detail"]!);
        Assert.Equal(
            Base64Url.EncodeToString(SHA256.HashData(detail)),
            JsonElement.Parse(core).GetProperty("detail_hash").GetString());

        // What no checkpoint covers has no receipt.
        await broker.Seed.IdentityAsync(Seed.Name("agent/late"), []);
        Assert.Equal("log_behind", (await staff.Owner.GetAsync($"/v1/audit/{await LastAsync(broker)}/proof")).Code);
    }

    [Fact]
    public async Task Entries_are_anybodys_where_the_configuration_says_so()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { LogEntriesArePublic = true });
        var entries = await FillAsync(broker, 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/log/entries/000.p/{entries.Length}");
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using var answer = await broker.Http.SendAsync(request);

        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
        await using var plain = new GZipStream(
            await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await plain.CopyToAsync(bytes);
        Assert.Equal(entries, EntryBundle.Read(bytes.ToArray()).Select(e => e.ToArray()));
    }

    private static readonly Lazy<Task<TestBroker>> Small = new(async () =>
    {
        var broker = await TestBroker.StartAsync(Engine.Sqlite); // for all bad paths; gone with the process
        await broker.Wiring.Log.Sequencer.RunAsync();
        return broker;
    });

    /// <summary>Fills the log and has it signed; answers its leaves.</summary>
    private static async Task<byte[][]> FillAsync(TestBroker broker, int records)
    {
        await broker.Wiring.Log.Sequencer.RunAsync();
        await broker.Wiring.Database.WriteAsync(async tx =>
        {
            await tx.LockLogAsync(new ClaimSubjects([], [], false));
            var body = Encoding.UTF8.GetBytes("""{"at":1,"kind":"test.append","outcome":"allow","v":2}""");
            return await tx.InsertRecordsAsync([.. Enumerable.Repeat(new RecordBytes(body, null), records)]);
        });
        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));
        await broker.Wiring.Log.Sequencer.RunAsync();
        var entries = new List<byte[]>();
        var size = (await broker.Wiring.Log.Published.HeadAsync(null, default))!.Size;
        await broker.Wiring.Log.Published.Store.EachAsync(0, size, core => entries.Add(core.ToArray()));
        return [.. entries];
    }

    private static async Task ProofsAsync(TestBroker broker, byte[][] entries, VerifierKey key, Checkpoint head)
    {
        foreach (var index in (int[])[0, 1, 255, 256, 300, entries.Length - 1])
        {
            var text = await TextAsync(broker, $"/log/proof/{index}");
            Assert.True(LogProof.TryParse(text, out var proof));
            Assert.Null(proof.Verify(TreeHash.OfLeaf(entries[index]), key, [], 0).Fault);
            Assert.Equal(ReferenceTree.Path(index, entries), proof.Path.Select(h => h.ToString()));
            foreach (var size in (int[])[index + 1, entries.Length])
            {
                var json = JsonElement.Parse(await TextAsync(broker, $"/log/proof/inclusion/{index}?size={size}"));
                Assert.Equal(
                    ReferenceTree.Path(index, entries.AsSpan(0, size)), Texts(json.GetProperty("audit_path")));
                Assert.Equal(
                    Convert.ToBase64String(ReferenceTree.Root(entries.AsSpan(0, size))),
                    json.GetProperty("root_hash").GetString());
            }
        }
        foreach (var (first, second) in ((int, int)[])[(1, 2), (3, 7), (256, 512), (255, entries.Length), (512, 513)])
        {
            var json = JsonElement.Parse(await TextAsync(broker, $"/log/proof/consistency/{first}/{second}"));
            Assert.Equal(
                ReferenceTree.Proof(first, entries.AsSpan(0, second)), Texts(json.GetProperty("consistency")));
        }
        var notes = await TextAsync(broker, "/log/checkpoints");
        Assert.Equal(2, notes.Split("example.org/log\n").Length - 1);
        Assert.Equal("", await TextAsync(broker, $"/log/checkpoints?after={head.Size}"));
    }

    private static ReadOnlySpan<byte[]> Below(byte[][] entries, Tile tile, int n)
    {
        var leaves = 1 << (8 * tile.Level);
        return entries.AsSpan((int)((tile.Index * 256) + n) * leaves, leaves);
    }

    private static async Task<IEnumerable<byte[]>> EntriesAsync(TestBroker broker, TestCaller who, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        var token = await who.ManagementTokenAsync();
        who.TakeNonce();
        request.Headers.Authorization = new("DPoP", token);
        request.Headers.Add("DPoP", who.Proof("GET", path, token));
        using var answer = await broker.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            path.Contains("/former/", StringComparison.Ordinal)
                ? "max-age=31536000, private, immutable"
                : "no-cache, private", answer.Headers.CacheControl!.ToString());
        return EntryBundle.Read(await answer.Content.ReadAsByteArrayAsync()).Select(e => e.ToArray());
    }

    private static async Task<long> LastAsync(TestBroker broker) => await broker.HeadAsync() - 1;

    private static IEnumerable<string?> Texts(JsonElement array) => array.EnumerateArray().Select(h => h.GetString());

    private static Task<string> TextAsync(TestBroker broker, string path) => broker.Http.GetStringAsync(path);
}
