using System.Diagnostics;
using System.Net;
using System.Text;
using Writ.Cli.Witnesses;
using Writ.Tlog;

namespace Writ.Cli.Tests.Audit;

/// <summary><c>writ witness start</c> as a process: what it answers, and that it forgets nothing when it is killed.
/// </summary>
public sealed class WitnessProcessTests : IAsyncLifetime
{
    private const string Origin = "example.org/log";

    private readonly string _folder = Directory.CreateTempSubdirectory("writ-witness-").FullName;
    private readonly NoteSigner _log = NoteSigner.OfSeed(Origin, new byte[32]);
    private readonly NoteSigner _other = NoteSigner.OfSeed("example.org/other", new byte[32]);
    private readonly HttpClient _http = new();
    private readonly TreeFrontier[] _trees = new TreeFrontier[60];
    private readonly TreeHash[] _leaves = [.. Enumerable.Range(0, 60).Select(n => TreeHash.OfLeaf([(byte)n]))];
    private Process? _process;
    private VerifierKey _key = null!;
    private string _url = "";

    public async ValueTask InitializeAsync()
    {
        _trees[0] = new TreeFrontier();
        for (var size = 1; size < _trees.Length; size++)
        {
            _trees[size] = _trees[size - 1].Copy();
            _trees[size].Append(_leaves[size - 1]);
        }
        await Command.RunAsync(Program, ["witness", "keygen", "--name", "witness.example/w1", "-f", At("key")]);
        await StartAsync("--new");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _log.Dispose();
        _other.Dispose();
        _key.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Witness_cosigns_growth_alone_whenever_it_is_killed()
    {
        Assert.Equal((HttpStatusCode.NotFound, ""), await LastAsync());
        await CosignsAsync(0, 5);
        await CosignsAsync(5, 5);
        await CosignsAsync(5, 9);
        await AnswersAsync(409, "9\n", 5, Note(12)); // a client that lost an answer
        await AnswersAsync(409, "9\n", 0, Note(3)); // a log that went back
        await KillAsync();
        await StartAsync();
        await AnswersAsync(409, "9\n", 0, Note(5));
        await AnswersAsync(422, null, 9, Fork(9)); // another view of what it has seen
        await AnswersAsync(422, null, 9, Fork(20));
        await CosignsAsync(9, 20);
        Assert.Equal(HttpStatusCode.OK, (await LastAsync()).Status);
        Assert.True(SignedNote.TryParse((await LastAsync()).Text, out var last));
        Assert.Equal([_log.Key, _key], last.Verify([_log.Key, _key]));
        Assert.Equal(Note(20).Text, last.Text);
        await AnswersAsync(404, null, 0, Note(5) with { Text = Note(5).Text.Replace(Origin, "example.org/who") });
        await AnswersAsync(403, null, 20, Note(30) with { Signatures = Note(20).Signatures });
        await AnswersAsync(400, null, 21, Note(20));
        foreach (var body in (string[])["", "old 1\n", "old 01\n\n" + Note(20), new string('x', 100_000)])
            Assert.InRange((int)(await PostAsync(body)).Status, 400, 413);
    }

    [Fact]
    public async Task Logs_are_witnessed_each_by_itself()
    {
        await CosignsAsync(0, 5);
        var text = new Checkpoint("example.org/other", 3, _trees[3].Root).ToString();
        var other = new SignedNote(text, [_other.Sign(text)]);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(new WitnessRequest(0, [], other).ToString())).Status);
        await CosignsAsync(5, 6);
    }

    [Fact]
    public async Task One_of_two_forks_that_come_at_once_is_cosigned()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => PostAsync(
            new WitnessRequest(0, [], n % 2 == 0 ? Note(7) : Fork(7)).ToString())));

        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Second_witness_on_one_state_does_not_start_nor_one_whose_state_is_damaged()
    {
        await CosignsAsync(0, 5);
        var second = await Command.RunAsync(Program, Arguments);
        Assert.Equal(ExitCode.Error, second.ExitCode);
        Assert.Contains("Another witness", second.Errors);
        await KillAsync();
        await File.WriteAllTextAsync(Path.Combine(At("state"), WitnessState.NameOf(Origin)), "");

        second = await Command.RunAsync(Program, Arguments);

        Assert.Equal(ExitCode.Error, second.ExitCode);
        Assert.Contains("is not what this witness wrote", second.Errors);
        await File.WriteAllTextAsync(Path.Combine(At("state"), WitnessState.NameOf(Origin)), Note(9).ToString());
        Assert.Equal(ExitCode.Error, (await Command.RunAsync(Program, Arguments)).ExitCode);
        File.Delete(Path.Combine(At("state"), WitnessState.NameOf(Origin)));
        Assert.Contains("is gone", (await Command.RunAsync(Program, Arguments)).Errors);
        Assert.Contains("no new state", (await Command.RunAsync(Program, [.. Arguments, "--new"])).Errors);
        Directory.Delete(At("state"), recursive: true);
        Assert.Contains("the state that it had", (await Command.RunAsync(Program, Arguments)).Errors);
    }

    [Fact]
    public async Task Key_that_others_can_read_is_refused()
    {
        await KillAsync();
        File.SetUnixFileMode(At("key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        var start = await Command.RunAsync(Program, Arguments);

        Assert.Equal(ExitCode.Error, start.ExitCode);
        Assert.Contains("0600", start.Errors);
    }

    private static string Program => BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ");

    private string[] Arguments =>
    [
        "witness", "start", "--state", At("state"), "--key", At("key"), "--listen", "127.0.0.1:0",
        "--log", _log.Key.ToString(), "--log", _other.Key.ToString(),
    ];

    private string At(string name) => Path.Combine(_folder, name);

    private SignedNote Note(int size) => Sign(new Checkpoint(Origin, size, _trees[size].Root));

    private SignedNote Fork(int size) => Sign(new Checkpoint(Origin, size, TreeHash.OfLeaf([0xFF])));

    private SignedNote Sign(Checkpoint checkpoint)
    {
        var text = checkpoint.ToString();
        return new SignedNote(text, [_log.Sign(text)]);
    }

    private async Task CosignsAsync(int old, int size)
    {
        var (status, text) = await PostAsync(new WitnessRequest(old, Proof(old, size), Note(size)).ToString());
        Assert.True(status == HttpStatusCode.OK, $"{old} to {size}: {status} {text}");
        Assert.True(NoteSignature.TryParse(text.TrimEnd('\n'), out var cosignature));
        Assert.Equal([_key], (Note(size) with { Signatures = [cosignature] }).Verify([_key]));
        Assert.InRange(Cosignature.TimeOf(cosignature)!.Value.ToUnixTimeSeconds(), 1_700_000_000, 9_000_000_000);
    }

    private async Task AnswersAsync(int expected, string? said, int old, SignedNote note)
    {
        Assert.True(Checkpoint.TryParse(note.Text, out var to));
        var (status, text) = await PostAsync(new WitnessRequest(old, Proof(old, (int)to.Size), note).ToString());
        Assert.Equal(expected, (int)status);
        if (said is not null) Assert.Equal(said, text);
    }

    private TreeHash[] Proof(int old, int size) => old > size
        ? []
        : [.. ConsistencyProof.Path(old, size).Select(subtree =>
        {
            var tree = new TreeFrontier();
            for (var i = subtree.Start; i < subtree.End; i++) tree.Append(_leaves[i]);
            return tree.Root;
        })];

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        using var answer = await _http.PostAsync($"{_url}/add-checkpoint", content);
        if (answer.StatusCode == HttpStatusCode.Conflict)
            Assert.Equal("text/x.tlog.size", answer.Content.Headers.ContentType?.ToString());
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, string Text)> LastAsync()
    {
        using var answer = await _http.GetAsync($"{_url}/{WitnessState.NameOf(Origin)}/checkpoint");
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, answer.IsSuccessStatusCode ? text : "");
    }

    private async Task StartAsync(params string[] more)
    {
        var start = new ProcessStartInfo(Program, [.. Arguments, .. more])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (line?.Split(' ') is not [var url, var key]) throw new InvalidOperationException(await errors);
        (_url, _key) = (url, VerifierKey.Parse(key));
    }

    private async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill(); // SIGKILL
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }
}
