namespace Writ.Rego.Tests.Generated;

/// <summary>Leaves out lines of a policy as long as what is wrong with it stays.</summary>
internal static class Shrinker
{
    public static GeneratedPolicy Shrink(GeneratedPolicy policy, Func<GeneratedPolicy, bool> isStillWrong)
    {
        for (var module = 0; module < policy.Modules.Count; module++)
        {
            for (var size = 16; size > 0; size /= 2)
            {
                for (var at = Lines(policy, module).Length - size; at > 0; at--)
                {
                    var lines = Lines(policy, module);
                    if (at + size > lines.Length)
                        continue;
                    var modules = policy.Modules.ToArray();
                    modules[module] = string.Join('\n', [.. lines[..at], .. lines[(at + size)..]]);
                    var smaller = policy with { Modules = modules };
                    if (isStillWrong(smaller))
                        policy = smaller;
                }
            }
        }

        return policy;
    }

    private static string[] Lines(GeneratedPolicy policy, int module) => policy.Modules[module].Split('\n');
}
