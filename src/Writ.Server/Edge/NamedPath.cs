using Microsoft.AspNetCore.Routing.Patterns;

namespace Writ.Server.Edge;

/// <summary>
/// A path that holds a name of several parts: <c>/v1/identities/{+name}/keys/{id}</c> (RFC 6570 §3.2.3). To ASP.NET it
/// is a catch-all, which cannot stand before a verb; <see cref="NamedPathPolicy"/> looks at what follows the name. (A
/// pattern for each number of parts would do too, but the table that ASP.NET makes of them at the first request grows
/// as a power of that number: 100 MB for six.)
/// </summary>
public sealed class NamedPath
{
    private const string Name = "{+name}";
    private const string Rest = "rest";
    private const string AnyPath = "{+path}";

    private readonly string[] _after;
    private readonly int _mostParts;

    private NamedPath(string path, int at, int mostParts)
    {
        _after = path[(at + Name.Length)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        _mostParts = mostParts;
        var all = RoutePatternFactory.Parse($"{path[..at]}{{**{Rest}}}");
        Pattern = RoutePatternFactory.Pattern(path, all.PathSegments);
    }

    /// <summary>For ASP.NET; its text is the path as it was written.</summary>
    public RoutePattern Pattern { get; }

    /// <summary>The more follows the name, the sooner it is tried; and all of them after plain paths.</summary>
    public int Order => 100 - _after.Length;

    /// <summary>Null for a path without such a name.</summary>
    /// <param name="path">As the table of endpoints has it.</param>
    /// <param name="mostParts">More parts than that are no name.</param>
    public static NamedPath? Of(string path, int mostParts) =>
        path.IndexOf(Name, StringComparison.Ordinal) is >= 0 and var at ? new NamedPath(path, at, mostParts) : null;

    /// <summary>A path that ends with any number of parts, none included: <c>/v1/data/{+path}</c>. Null for others.
    /// </summary>
    public static RoutePattern? OfRest(string path) => path.EndsWith(AnyPath, StringComparison.Ordinal)
        ? RoutePatternFactory.Pattern(
            path, RoutePatternFactory.Parse($"{path[..^AnyPath.Length]}{{**path}}").PathSegments)
        : null;

    /// <summary>Whether this is the path; then the values are the name and what follows it by name.</summary>
    public bool Takes(RouteValueDictionary values)
    {
        if (values[Rest] is not string rest) return false;
        var parts = (rest.EndsWith('/') ? rest[..^1] : rest).Split('/');
        var ofName = parts.Length - _after.Length;
        if (ofName < 1 || ofName > _mostParts || parts.Contains("")) return false;
        for (var i = 0; i < _after.Length; i++)
        {
            if (_after[i] is ['{', .. var parameter, '}']) values[parameter] = parts[ofName + i];
            else if (!_after[i].Equals(parts[ofName + i], StringComparison.OrdinalIgnoreCase)) return false;
        }
        values["name"] = string.Join('/', parts[..ofName]);
        return true;
    }
}
