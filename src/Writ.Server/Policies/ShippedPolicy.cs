using System.Reflection;
using Writ.Rego.Bundles;

namespace Writ.Server.Policies;

/// <summary>The policy that this build ships, in force until an operator pushes another (docs/shipped-policies.md).
/// </summary>
public static class ShippedPolicy
{
    private const string Prefix = "policies/";
    /// <summary>Its modules with their tests, and their settings.</summary>
    public static PolicySet Files { get; } = Read();

    public static PolicyVersion Version { get; } = PolicyVersion.Of(Files);

    private static PolicySet Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var loader = new PolicyLoader("/", LoadLimits.Default);
        var names = assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal));
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            using var content = assembly.GetManifestResourceStream(name)!;
            loader.Add(name[Prefix.Length..], content);
        }
        return loader.Load();
    }
}
