using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Server.Edge;
using Writ.Server.Policies.Sources;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Policies;

/// <summary>Policies from a folder, a Git repository and a signed bundle: in force as they are there, or not at all.
/// </summary>
public sealed class PolicySyncTests : IDisposable
{
    private const string Open = "package writ.rules.open\n\nallow := true\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-source-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Folder_is_followed_and_what_fails_changes_nothing(Engine engine)
    {
        Write("open.rego", Open);
        Write("lib/open_test.rego", "package writ.rules.open_test\n\ntest_a if data.writ.rules.open.allow\n");
        await using var broker = await StartAsync("folder", engine);
        var owner = await broker.Seed.OperatorAsync("owner");

        await SyncAsync(broker);
        var followed = await LiveAsync(owner);
        await SyncAsync(broker);
        Write("lib/open_test.rego", "package writ.rules.open_test\n\ntest_a if not data.writ.rules.open.allow\n");
        await SyncAsync(broker);
        await SyncAsync(broker);
        var failed = await owner.GetAsync("/v1/policies/source");
        var pushed = await owner.PushAsync(TestPolicies.Closed);
        var rolled = await owner.PostAsync("/v1/policies/rollback", new { to = "shipped" });
        Write("lib/open_test.rego", "package writ.rules.open_test\n\ntest_b if data.writ.rules.open.allow\n");
        await SyncAsync(broker);
        var mended = await owner.GetAsync("/v1/policies/source");

        Assert.StartsWith($"folder {_folder} ", followed["source"], StringComparison.Ordinal);
        Assert.Equal("writ", followed["pushed_by"]);
        Assert.Equal("failed", failed["state"]);
        Assert.Contains("test_a", failed["fault"], StringComparison.Ordinal);
        Assert.Equal(followed["digest"], failed["live"]);
        Assert.Equal((409, "policy_has_source"), StatusOf(pushed));
        Assert.Equal(200, rolled.Status);
        Assert.Equal("in_force", mended["state"]);
        var records = (await broker.RecordsAsync()).Where(r => r.GetProperty("kind").GetString() == "policy.push"
            && r.GetProperty("actor").GetString() == "writ").ToArray();
        // One for each state: what failed is not tried again and again.
        Assert.Equal(["allow", "deny", "allow"], records.Select(r => r.GetProperty("outcome").GetString()));
        Assert.Equal("policy_tests_failed", records[1].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Folder_lets_nothing_in_from_outside()
    {
        var outside = Directory.CreateTempSubdirectory("writ-outside-").FullName;
        var secret = Path.Combine(outside, "secret.rego");
        File.WriteAllText(secret, Open);
        File.CreateSymbolicLink(Path.Combine(_folder, "link.rego"), secret);
        try
        {
            await Assert.ThrowsAsync<PolicySourceException>(() => new FolderSource(_folder).ReadAsync(null, default));
            await Assert.ThrowsAsync<PolicySourceException>(
                () => new FolderSource(_folder + "/nowhere").ReadAsync(null, default));
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    // What a repository says of itself runs nothing: filters, hooks, file system monitors, replaced objects, links.
    [Fact]
    public async Task Repository_is_read_at_its_commit_and_runs_nothing()
    {
        Git("init", "-q", "-b", "main");
        Write("policies/open.rego", Open);
        Write(".gitattributes", "*.rego filter=evil\n");
        File.CreateSymbolicLink(Path.Combine(_folder, "link.rego"), "/etc/hostname");
        Git("add", "-A");
        Git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one");
        var ran = Path.Combine(_folder, "ran");
        Git("config", "filter.evil.smudge", $"touch {ran}");
        Git("config", "core.fsmonitor", $"touch {ran}");
        Git("config", "core.pager", $"touch {ran}");
        Git("config", "alias.ls-tree", $"!touch {ran}");
        Write("policies/open.rego", "not committed");
        var source = new GitSource(_folder, "main", _folder);

        var state = await source.ReadAsync(null, default);
        var same = await source.ReadAsync(state!.Tag, default);
        var gone = await Assert.ThrowsAsync<PolicySourceException>(
            () => new GitSource(_folder, "release", _folder).ReadAsync(null, default));

        Assert.Matches("^[0-9a-f]{40}$", state.Tag);
        Assert.Equal([("policies/open.rego", Open)], state.Files.Files.Select(f => (f.Name, f.Text)));
        Assert.Null(same);
        Assert.Contains("release", gone.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(ran));
    }

    [Fact]
    public async Task Bundle_is_taken_with_its_signature_alone()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var place = Path.Combine(_folder, "b.tar.gz");
        Bundle(place, key);
        using var http = BundleSource.Client();

        var state = await Source(place, key, http).ReadAsync(null, default);
        var same = await Source(place, key, http).ReadAsync(state!.Tag, default);
        await Assert.ThrowsAsync<PolicySourceException>(() => Source(place, other, http).ReadAsync(null, default));
        Bundle(place, null);
        await Assert.ThrowsAsync<PolicySourceException>(() => Source(place, key, http).ReadAsync(null, default));

        Assert.Equal([("open.rego", Open)], state.Files.Files.Select(f => (f.Name, f.Text)));
        Assert.Null(same);
    }

    [Fact]
    public async Task Address_is_asked_with_its_etag_and_followed_nowhere_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var place = Path.Combine(_folder, "b.tar.gz");
        Bundle(place, key);
        using var server = new Server(File.ReadAllBytes(place));
        using var http = new HttpClient(server);

        var state = await Source("https://a.example/b", key, http).ReadAsync(null, default);
        var same = await Source("https://a.example/b", key, http).ReadAsync(state!.Tag, default);
        var moved = await Assert.ThrowsAsync<PolicySourceException>(
            () => Source("https://a.example/moved", key, http).ReadAsync(null, default));

        Assert.Equal("\"one\"", state.Tag);
        Assert.Null(same);
        Assert.Contains("302", moved.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Asked);
    }

    [Fact]
    public async Task What_others_may_write_is_not_followed()
    {
        Write("lib/open.rego", Open);
        var folder = new FolderSource(_folder);
        var first = await folder.ReadAsync(null, default);
        foreach (var place in (string[])["lib/open.rego", "lib", ""])
        {
            var full = Path.Combine(_folder, place);
            var mode = File.GetUnixFileMode(full);
            File.SetUnixFileMode(full, mode | UnixFileMode.GroupWrite);

            var refused = await Assert.ThrowsAsync<PolicySourceException>(() => folder.ReadAsync(first!.Tag, default));

            Assert.Contains("chmod go-w", refused.Message, StringComparison.Ordinal);
            File.SetUnixFileMode(full, mode);
        }
        Assert.Null(await folder.ReadAsync(first!.Tag, default));
        Git("init", "-q", "-b", "main");
        var refs = Path.Combine(_folder, ".git/refs/heads");
        File.SetUnixFileMode(refs, File.GetUnixFileMode(refs) | UnixFileMode.OtherWrite);
        var git = await Assert.ThrowsAsync<PolicySourceException>(
            () => new GitSource(_folder, "main", _folder).ReadAsync(null, default));
        Assert.Contains("refs/heads", git.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Same_size_at_the_same_time_is_another_state_of_a_folder()
    {
        Write("open.rego", Open);
        var folder = new FolderSource(_folder);
        var first = await folder.ReadAsync(null, default);
        var at = File.GetLastWriteTimeUtc(Path.Combine(_folder, "open.rego"));

        Write("open.rego", Open.Replace("allow := true", "allow :=true ", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "open.rego"), at);

        Assert.NotNull(await folder.ReadAsync(first!.Tag, default));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Older_revision_does_not_come_into_force_again(Engine engine)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var place = Path.Combine(_folder, "b.tar.gz");
        var pem = Path.Combine(_folder, "key.pem");
        File.WriteAllText(pem, key.ExportSubjectPublicKeyInfoPem());
        Bundle(place, key, "7");
        await using var broker = await TestBroker.StartAsync(engine, configure: s => s with
        {
            PolicySource = new PolicySourceSettings("bundle", place, TimeSpan.FromHours(1))
            {
                KeyFile = pem,
                KeyId = "default",
                Algorithm = "ES256",
                IsNumbered = true,
            },
        });
        var owner = await broker.Seed.OperatorAsync("owner");
        await SyncAsync(broker);
        var seven = await LiveAsync(owner);

        Bundle(place, key, "6", Open + "# of before\n");
        await SyncAsync(broker);
        var older = await owner.GetAsync("/v1/policies/source");
        Bundle(place, key, "main", Open + "# of a branch\n");
        await SyncAsync(broker);
        var unnumbered = await owner.GetAsync("/v1/policies/source");
        Bundle(place, key, "8", Open + "# newer\n");
        await SyncAsync(broker);

        Assert.Equal(("failed", seven["digest"]), (older["state"], older["live"]));
        Assert.Equal(("unreadable", seven["digest"]), (unnumbered["state"], unnumbered["live"]));
        Assert.NotEqual(seven["digest"], (await LiveAsync(owner))["digest"]);
        Assert.Single(await broker.RecordsAsync(), r => r.TryGetProperty("reason", out var reason)
            && reason.GetString() == "older_revision");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Source_that_fails_is_a_finding_until_it_does_not(Engine engine)
    {
        Write("open.rego", Open);
        await using var broker = await StartAsync("folder", engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        await SyncAsync(broker);
        Assert.Empty(await FindingsAsync(owner));
        Write("open.rego", "not a policy");
        await SyncAsync(broker);
        await SyncAsync(broker);
        using var ready = await broker.Http.GetAsync("/readyz");
        var failed = Assert.Single(await FindingsAsync(owner));
        Directory.Move(_folder, _folder + "-away");
        await SyncAsync(broker);
        Assert.Equal("policy source", failed.GetProperty("subject").GetString()); // away for a moment is no news
        broker.Clock.Advance(TimeSpan.FromMinutes(1));
        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));
        await SyncAsync(broker);
        var away = Assert.Single(await FindingsAsync(owner));
        Directory.Move(_folder + "-away", _folder);
        Write("open.rego", Open);
        await SyncAsync(broker);

        Assert.Equal(200, (int)ready.StatusCode); // it decides as it did before
        var state = JsonElement.Parse(await ready.Content.ReadAsStringAsync());
        Assert.Equal("degraded", state.GetProperty("status").GetString());
        Assert.NotEqual("ok", state.GetProperty("parts").GetProperty("policy_source").GetString());
        Assert.NotEqual(failed.GetProperty("message").GetString(), away.GetProperty("message").GetString());
        Assert.Empty(await FindingsAsync(owner));
    }

    [Fact]
    public async Task Of_two_replicas_one_follows_and_none_brings_back_what_the_other_replaced()
    {
        Write("open.rego", Open);
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        Settings Follow(Settings s) => s with
        {
            PolicySource = new PolicySourceSettings("folder", _folder, TimeSpan.FromHours(1)),
        };
        await using var one = await TestBroker.StartAsync(store, configure: Follow);
        await using var two = await TestBroker.StartAsync(store, configure: Follow);
        var owner = await one.Seed.OperatorAsync("owner");

        await Task.WhenAll(SyncAsync(one), SyncAsync(two));
        await SyncAsync(two);
        var first = await LiveAsync(owner);
        Write("open.rego", Open + "# newer\n");
        await SyncAsync(two);
        await SyncAsync(one);

        Assert.Equal("writ", first["pushed_by"]);
        var pushed = (await one.RecordsAsync())
            .Where(r => r.GetProperty("kind").GetString() == "policy.push"
                && r.GetProperty("outcome").GetString() == "allow")
            .Select(r => r.GetProperty("detail").GetProperty("version").GetString()).ToList();
        Assert.Equal(2, pushed.Count);
        Assert.Equal(first["digest"], pushed[0]);
        Assert.Equal(pushed[1], (await LiveAsync(owner.At(two)))["digest"]);
    }

    private static async Task<IReadOnlyList<JsonElement>> FindingsAsync(TestCaller owner) =>
        [.. (await owner.GetAsync("/v1/findings?kind=policy_source&status=open")).Json.GetProperty("items")
            .EnumerateArray()];

    private static BundleSource Source(string place, ECDsa key, HttpClient http) => new(place, new BundleVerification
    {
        Keys = new Dictionary<string, BundleKey> { ["default"] = new("ES256", key.ExportSubjectPublicKeyInfoPem()) },
    }, http);

    private static void Bundle(string place, ECDsa? key, string revision = "", string module = Open)
    {
        using var file = File.Create(place);
        var claims = (RegoObject)RegoValue.ParseJson("""{"keyid": "default"}""");
        var draft = new BundleDraft(new PolicySet([new PolicyFile("open.rego", module)], RegoObject.Empty))
        {
            Revision = revision,
        };
        draft.Write(file, key is null
            ? null
            : new BundleSigning(new BundleKey("ES256", key.ExportPkcs8PrivateKeyPem()), claims));
    }

    private Task<TestBroker> StartAsync(string kind, Engine engine) => TestBroker.StartAsync(
        engine, configure: s => s with
        {
            PolicySource = new PolicySourceSettings(kind, _folder, TimeSpan.FromHours(1)),
        });

    private static Task SyncAsync(TestBroker broker) => broker.Wiring.PolicySync.RunAsync();

    private static async Task<Reply> LiveAsync(TestCaller owner) => await owner.GetAsync("/v1/policies/live");

    private void Write(string name, string text)
    {
        var place = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.WriteAllText(place, text);
    }

    private void Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = _folder, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var git = Process.Start(start)!;
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }

    /// <summary>Gives a bundle to whoever does not have it.</summary>
    private sealed class Server(byte[] bundle) : HttpMessageHandler
    {
        public int Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            Asked++;
            var answer = new HttpResponseMessage(
                request.RequestUri!.AbsolutePath == "/moved" ? HttpStatusCode.Found
                : request.Headers.IfNoneMatch.Any(tag => tag.Tag == "\"one\"") ? HttpStatusCode.NotModified
                : HttpStatusCode.OK)
            {
                Content = new ByteArrayContent(bundle),
            };
            answer.Headers.Location = new Uri("https://b.example/b");
            answer.Headers.ETag = new EntityTagHeaderValue("\"one\"");
            return Task.FromResult(answer);
        }
    }
}
