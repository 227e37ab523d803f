using System.Xml.Linq;

namespace House.Tests.Laws;

/// <summary>
/// ARCHITECTURE.md: what each project may reference; the libraries at the bottom reference nothing but a package that a
/// specification asks for.
/// </summary>
internal sealed class ProjectDependencies : ILaw
{
    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["Writ.Rego"] = [],
        ["Writ.Tlog"] = [],
        ["Writ.Protocol"] = [],
        ["Writ.Server"] = ["Writ.Rego", "Writ.Tlog", "Writ.Protocol"],
        ["Writ.Client"] = ["Writ.Protocol", "Writ.Tlog", "Writ.Rego"],
        ["Writ.Agent"] = ["Writ.Client", "Writ.Protocol"],
        ["Writ.Cli"] = ["Writ.Client", "Writ.Tlog", "Writ.Rego"],
    };

    /// <summary>YAML is part of Rego: `yaml.unmarshal` and the metadata of rules.</summary>
    private static readonly Dictionary<string, string[]> Specified = new(StringComparer.Ordinal)
    {
        ["Writ.Rego"] = ["YamlDotNet"],
    };

    public IEnumerable<Breach> Check(SourceTree tree)
    {
        foreach (var file in tree.Files.Where(file => file.Name.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(file.Name);
            if (!SourceTree.IsUnder(file, "src/"))
            {
                continue;
            }

            if (!MayReference.TryGetValue(name, out var allowed))
            {
                yield return Breach.Of(file, $"ARCHITECTURE.md knows no project {name}");
                continue;
            }

            var project = XDocument.Parse(file.Text);
            foreach (var reference in Included(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension))
            {
                if (!allowed.Contains(reference, StringComparer.Ordinal))
                {
                    yield return Breach.Of(file, $"{name} may not reference {reference}");
                }
            }

            var packages = Included(project, "PackageReference").Concat(Included(project, "FrameworkReference"));
            foreach (var package in packages)
            {
                var specified = Specified.GetValueOrDefault(name, []);
                if (allowed.Length == 0 && !specified.Contains(package, StringComparer.Ordinal))
                {
                    yield return Breach.Of(file, $"{name} depends on nothing, and so not on {package}");
                }
            }

            foreach (var friend in Included(project, "InternalsVisibleTo"))
            {
                if (!string.Equals(friend, $"{name}.Tests", StringComparison.Ordinal))
                {
                    yield return Breach.Of(file, $"only {name}.Tests may see the internals of {name}, not {friend}");
                }
            }
        }
    }

    public IEnumerable<SourceTree> Breaking =>
    [
        Project("Writ.Cli", """<ProjectReference Include="../Writ.Server/Writ.Server.csproj" />"""),
        Project("Writ.Protocol", """<ProjectReference Include="..\Writ.Tlog\Writ.Tlog.csproj" />"""),
        Project("Writ.Protocol", """<PackageReference Include="Dapper" />"""),
        Project("Writ.Protocol", """<PackageReference Include="YamlDotNet" />"""),
        Project("Writ.Rego", """<FrameworkReference Include="Microsoft.AspNetCore.App" />"""),
        Project("Writ.Server", """<InternalsVisibleTo Include="Writ.Cli" />"""),
        Project("Writ.Common", ""),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        Project("Writ.Cli", """<ProjectReference Include="../Writ.Client/Writ.Client.csproj" />"""),
        Project("Writ.Server", """<PackageReference Include="Dapper" />"""),
        Project("Writ.Rego", """<PackageReference Include="YamlDotNet" />"""),
        Project("Writ.Server", """<InternalsVisibleTo Include="Writ.Server.Tests" />"""),
    ];

    private static IEnumerable<string> Included(XDocument project, string element) =>
        project.Descendants(element).Select(e => ((string?)e.Attribute("Include") ?? "").Replace('\\', '/'));

    private static SourceTree Project(string name, string items) =>
        SourceTree.Planted($"src/{name}/{name}.csproj", $"<Project><ItemGroup>{items}</ItemGroup></Project>");
}
