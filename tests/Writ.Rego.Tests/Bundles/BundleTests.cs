using System.Formats.Tar;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Bundles;

public sealed class BundleTests : IDisposable
{
    private const string Module = "package app.rules\n\nallow if data.app.level > 1\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("writ-bundle-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Archive_of_tar_and_its_folder_are_the_same_bundle()
    {
        Put("b/.manifest", """{"revision": "r7", "roots": ["app"], "metadata": {"team": "core"}}""");
        Put("b/app/rules/rules.rego", Module);
        Put("b/app/data.json", """{"level": 2}""");
        Put("b/app/users/data.yaml", "ann: {role: admin}\n");
        Put("b/app/other.json", "not of the bundle");
        (await Command.RunAsync("tar", ["czf", At("b.tar.gz"), "-C", At("b"), "."])).Succeeded();

        foreach (var bundle in new[] { Bundle.Read(At("b.tar.gz")), Bundle.Read(At("b")) })
        {
            Assert.Equal(("r7", "app"), (bundle.Manifest.Revision, Assert.Single(bundle.Manifest.Roots)));
            Assert.Equal(
                RegoValue.ParseJson("""{"app": {"level": 2, "users": {"ann": {"role": "admin"}}}}"""), bundle.Data);
            var policy = new PolicySet(bundle.Files, bundle.Data).Compile(PolicyOptions.Default);
            var allow = policy.PrepareValue("data.app.rules.allow");
            Assert.Equal(RegoBoolean.True, allow.Run(new QueryInput { Data = bundle.Data }));
            Assert.EndsWith("/app/rules/rules.rego", Assert.Single(bundle.Files).Name, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_file_has_the_syntax_that_the_manifest_says()
    {
        var bundle = Read(
            (".manifest", """{"rego_version": 1, "file_rego_versions": {"/old/*": 0}}"""),
            ("/old/a.rego", "package old\n\np { true }\n"), ("/new/b.rego", "package new\n\np if true\n"));

        _ = new PolicySet(bundle.Files, bundle.Data).Compile(PolicyOptions.Default);
        Assert.Equal([RegoVersion.V0, RegoVersion.V1], bundle.Files.Select(file => file.Version));
    }

    [Theory]
    [InlineData("""{"roots": ["other"]}""", "do not permit package app.rules")]
    [InlineData("""{"roots": ["app/rules", "other"]}""", "do not permit data at path '/app/level'")]
    [InlineData("""{"roots": ["app", "app/rules"]}""", "overlapped roots")]
    [InlineData("""{"roots": ["a", "a-b", "a/c"]}""", "overlapped roots")]
    [InlineData("""{"roots": "app"}""", "roots must be an array of strings")]
    [InlineData("""{"revision": 7}""", "revision must be a string")]
    [InlineData("""{"rego_version": 2}""", "unknown bundle rego-version")]
    [InlineData("""{"wasm": [{"entrypoint": "a"}]}""", "WebAssembly")]
    [InlineData("[]", "the manifest must be an object")]
    [InlineData("{", "the file is not JSON")]
    public void Manifest_is_held_to_what_it_says(string manifest, string said) => Refused(
        said, (".manifest", manifest), ("rules.rego", Module), ("app/data.json", """{"level": 2}"""));

    [Theory]
    [InlineData("patch.json", "{}", "delta bundle")]
    [InlineData("policy.wasm", "x", "WebAssembly")]
    [InlineData("plan.json", "{}", "a plan")]
    [InlineData("data.json", "[1]", "root value must be object")]
    [InlineData("a/data.json", "{\"a\": 1} x", "the file is not JSON")]
    [InlineData("a/data.yaml", "a: [", "the file is not YAML")]
    [InlineData("../a.rego", "package a", "no name for a file")]
    [InlineData("a/../../b.rego", "package a", "no name for a file")]
    [InlineData("a\\b.rego", "package a", "no name for a file")]
    public void File_that_cannot_be_is_refused_by_its_name(string name, string text, string said) =>
        Refused(said, (name, text));

    [Fact]
    public void Documents_in_the_way_of_each_other_are_refused() =>
        Refused("merge error", ("data.json", """{"a": {"b": 1}}"""), ("a/data.json", """{"b": 2}"""));

    [Fact]
    public void Same_name_twice_is_refused() =>
        Refused("is there twice", ("a.rego", "package a"), ("./a.rego", "package b"));

    [Fact]
    public void Byte_order_marks_do_not_count()
    {
        var bundle = Read(("data.json", "\uFEFF{\"a\": 1}"), ("a.rego", "\uFEFFpackage b\n\np := data.a\n"));

        Assert.Equal(
            "1", new PolicySet(bundle.Files, bundle.Data).Compile(PolicyOptions.Default).PrepareValue("data.b.p")
                .Run(new QueryInput { Data = bundle.Data })!.ToString());
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void Links_are_refused(TarEntryType type)
    {
        var link = new PaxTarEntry(type, "data.json") { LinkName = "/etc/passwd" };

        Assert.Contains("is no file", Error(Archive.Pack(Archive.Tar(link))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bombs_end_at_the_limit()
    {
        var limits = new LoadLimits { FileBytes = 1000, TotalBytes = 1 << 20, Files = 20 };
        Error(Archive.Of(("data.json", new string(' ', 1001))), "more than 1000 bytes", limits);
        Error(
            Archive.Of(("a/data.json", new string(' ', 900)), ("b/data.json", new string(' ', 900))),
            "more than 2500 bytes together", limits with { TotalBytes = 2500 });
        Error(
            Archive.Of([.. Enumerable.Range(0, 30).Select(i => ($"f{i}", ""))]), "more than 20 files",
            limits);
        Error(Archive.Of(("data.json", new string('[', 100_000))), "not JSON", LoadLimits.Default);
        Error(Archive.Of(("data.yaml", new string('[', 100_000))), "not YAML", LoadLimits.Default);
    }

    [Fact]
    public void Two_bundles_own_different_roots()
    {
        Put("one/.manifest", """{"roots": ["a"]}""");
        Put("two/.manifest", """{"roots": ["a/b"]}""");
        Put("three/.manifest", """{"roots": ["c"]}""");
        var loader = new PolicyLoader(_folder, LoadLimits.Default).AddBundle("one").AddBundle("three");

        var error = Assert.Throws<RegoError>(() => loader.AddBundle("two"));
        Assert.StartsWith("two: load_error: detected overlapping roots", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_bytes_the_error_is_of_the_policy()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        foreach (var start in new[] { 1, seed })
        {
            var state = (uint)start | 1;
            var tar = Archive.Tar(
                (".manifest", """{"revision": "r", "roots": ["a"]}"""), ("a/rules.rego", "package a.rules\n\np := 1\n"),
                ("a/data.json", """{"b": [1, {"c": null}]}"""), ($"a/{new string('x', 150)}/data.yaml", "a: [1, 2]\n"));
            for (var round = 0; round < 400; round++)
            {
                byte[] bytes = [.. tar];
                for (var change = 0; change <= round % 5; change++)
                {
                    bytes[Next(bytes.Length)] = (byte)Next(256);
                }

                Try(Archive.Pack(bytes.AsSpan(0, round % 7 == 0 ? Next(bytes.Length) : bytes.Length)));
                var packed = Archive.Pack(tar);
                packed[Next(packed.Length)] = (byte)Next(256);
                Try(packed);
            }

            int Next(int below)
            {
                state = (state * 1_664_525) + 1_013_904_223;
                return (int)((state >> 8) % (uint)below);
            }
        }

        static void Try(byte[] archive)
        {
            try
            {
                _ = Bundle.Read("fuzz", new MemoryStream(archive));
            }
            catch (RegoError error)
            {
                Assert.NotEmpty(error.Diagnostics[0].File);
            }
        }
    }

    private static Bundle Read(params (string Name, string Text)[] files) =>
        Bundle.Read("b.tar.gz", new MemoryStream(Archive.Of(files)));

    private static void Refused(string said, params (string Name, string Text)[] files) =>
        Error(Archive.Of(files), said, LoadLimits.Default);

    private static void Error(byte[] archive, string said, LoadLimits limits)
    {
        var error = Assert.Throws<RegoError>(() => Bundle.Read("b.tar.gz", new MemoryStream(archive), limits: limits));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("b.tar.gz", error.Diagnostics[0].File, StringComparison.Ordinal);
    }

    private static RegoError Error(byte[] archive) =>
        Assert.Throws<RegoError>(() => Bundle.Read("b.tar.gz", new MemoryStream(archive)));

    private string At(string name) => Path.Combine(_folder, name);

    private void Put(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }
}
