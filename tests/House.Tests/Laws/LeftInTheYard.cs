using System.Text.RegularExpressions;

namespace House.Tests.Laws;

/// <summary>
/// Nothing unfinished, no test skipped or empty, no path of the machine that it was written on, no registry's address.
/// The words are put together here, so that this file does not break the law itself.
/// </summary>
internal sealed class LeftInTheYard : ILaw
{
    private const string Later = "TO" + "DO";
    private const string Stub = "NotImplemented" + "Exception";
    private const string Passing = "Assert." + "True(true)";
    private const string Skipped = "Sk" + "ip = ";

    private static readonly (Regex Pattern, string Message)[] Everywhere =
    [
        (Make(@"(^|[^\w.])/(work|farm|root)/"), "a path of one machine"),
        (Make(@"https?://[^/""\s]*(npm|nuget|debian|pypi)[^/""\s]*/(?!doc)"), "a registry's address"),
    ];

    private static readonly (Regex Pattern, string Message)[] InCode =
    [
        (Make($@"\b({Later}|FIX" + "ME|HA" + @"CK|XX" + @"X)\b"), "unfinished work: do it, or open an issue"),
        (Make(Stub), "a stub"),
        (Make(Regex.Escape(Passing)), "an assertion that cannot fail"),
        (Make(@"\bSk" + @"ip\s*=\s*"""), "a skipped test: make it run, or take it out"),
    ];

    public IEnumerable<Breach> Check(SourceTree tree) =>
        from file in tree.Files
        where file.Name is not "packages.lock.json"
        from line in file.Lines.Index()
        from law in IsCode(file) ? [.. Everywhere, .. InCode] : Everywhere
        where law.Pattern.IsMatch(line.Item)
        select new Breach(file.Path, line.Index + 1, $"{law.Message}: {line.Item.Trim()}");

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A.cs", $"// {Later}: later"),
        SourceTree.Planted("src/A.cs", $"throw new {Stub}();"),
        SourceTree.Planted("tests/A.cs", $"{Passing};"),
        SourceTree.Planted("tests/A.cs", $"[Fact({Skipped}\"slow\")]"),
        SourceTree.Planted("eng/a", $"# {Later}"),
        SourceTree.Planted("README.md", "see /wo" + "rk/main"),
        SourceTree.Planted("package-lock.json", "\"resolved\": \"https:" + "//registry.npmjs.org/jose\""),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A.cs", "// Skips what is done; see docs/work/plan.md"),
        SourceTree.Planted("README.md", "https:" + "//www.debian.org/doc/ and https:" + "//writ.example/npm"),
    ];

    private static bool IsCode(SourceFile file) =>
        Path.GetExtension(file.Path) is ".cs" or ".js" or ".mjs" or ".py" or ".sh" or "";

    private static Regex Make(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
