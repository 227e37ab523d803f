using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>
/// ARCHITECTURE.md: Program → Wiring, Routes → slices → spine → floor. A slice never references a slice, nor the spine
/// a slice, each room of the spine only those above it, Storage nobody above it. A file lies in its room's namespace.
/// Acts, the road that all management calls share, is the spine's last room: slices plan, it decides and records.
/// </summary>
internal sealed class RoomDirections : ILaw
{
    private const string Server = "Writ.Server";

    /// <summary>Broker runs what Program configures.</summary>
    private static readonly string[] Root = ["Program.cs", "Broker.cs", "Wiring.cs", "Routes.cs", "OpenApiDocument.cs"];

    private static readonly string[] Floor = ["Storage", "Edge"];

    private static readonly string[] Spine =
        ["Keys", "Callers", "Policies", "Decisions", "Audit", "Revocations", "Signing", "Acts"];

    private static readonly string[] Slices =
    [
        "Tasks", "Tokens", "Access", "Workloads", "Secrets", "Gateway", "Inventory", "Governance", "Approvals",
        "Simulation", "Records", "Retention", "Transparency", "Watch", "Console",
    ];

    private static readonly Dictionary<string, string[]> MayUse = Directions();

    public IEnumerable<Breach> Check(SourceTree tree) => CheckPlaces(tree).Concat(CheckMentions(tree));

    public IEnumerable<SourceTree> Breaking
    {
        get
        {
            yield return Rooms(("Tasks", "class A { Writ.Server.Tokens.B? Other; }"), ("Tokens", "class B;"));
            yield return Rooms(("Tasks", "class A { object C = Tokens.B.D; }"), ("Tokens", "enum B { D }"));
            yield return Rooms(("Audit", "class A { Tasks.B? Other; }"), ("Tasks", "class B;"));
            yield return Rooms(("Callers", "class A { Decisions.B? Other; }"), ("Decisions", "class B;"));
            yield return Rooms(("Storage", "class A { Keys.B? Other; }"), ("Keys", "class B;"));
            yield return Rooms(("Storage", "class A { Edge.B? Other; }"), ("Edge", "class B;"));
            yield return Rooms(("Keys", "class A { Wiring? Other; }"), ("", "class Wiring;"));
            yield return Rooms(("Kitchen", "class A;"));
            yield return Rooms(("", "class Settings;"));
            yield return SourceTree.Planted("src/Writ.Server/Tasks/A.cs", "namespace Writ.Server.Audit; class A;");
        }
    }

    public IEnumerable<SourceTree> Keeping
    {
        get
        {
            yield return Rooms(("Tasks", "class A { Audit.B? Other; }"), ("Audit", "class B;"));
            yield return Rooms(("Signing", "class A { Keys.B? Other; }"), ("Keys", "class B;"));
            yield return Rooms(("Keys", "class A { Storage.B? Row; }"), ("Storage", "class B;"));
            yield return Rooms(("", "class Wiring { Tasks.A? One; }"), ("Tasks", "class A;"));
            yield return Rooms(("Tasks", "class A { string Tokens = nameof(Tokens); }"), ("Tokens", "class B;"));
        }
    }

    private static IEnumerable<Breach> CheckPlaces(SourceTree tree)
    {
        foreach (var file in tree.CSharp.Where(file => SourceTree.IsUnder(file, "src/Writ.Server/")))
        {
            var room = Room(file);
            if (room.Length == 0 && !Root.Contains(file.Name, StringComparer.Ordinal))
            {
                yield return Breach.Of(file, $"only {string.Join(", ", Root)} lie outside the rooms");
            }
            else if (!MayUse.ContainsKey(room))
            {
                yield return Breach.Of(file, $"ARCHITECTURE.md knows no room {room}");
            }

            foreach (var space in file.Nodes<BaseNamespaceDeclarationSyntax>())
            {
                if (!string.Equals(RoomOf(space.Name.ToString()), room, StringComparison.Ordinal))
                {
                    yield return Breach.At(file, space, $"the namespace of a file in {room} is {Server}.{room}");
                }
            }
        }
    }

    private static IEnumerable<Breach> CheckMentions(SourceTree tree)
    {
        foreach (var mention in tree.Server.Mentions.DistinctBy(mention => (mention.File, mention.Namespace)))
        {
            var room = Room(mention.File);
            var other = RoomOf(mention.Namespace);
            if (other is not null && MayUse.TryGetValue(room, out var allowed) && !allowed.Contains(other))
            {
                var named = other.Length == 0 ? "the root" : other;
                yield return Breach.At(
                    mention.File, mention.Node, $"{room} may not reference {named}: {mention.Symbol.Name}");
            }
        }
    }

    /// <summary>The room that a namespace belongs to, "" for the root, null when it is none of the server's.</summary>
    private static string? RoomOf(string space)
    {
        var parts = space.Split('.');
        return parts is ["Writ", "Server", ..] ? parts.ElementAtOrDefault(2) ?? "" : null;
    }

    private static string Room(SourceFile file) => file.Path.Split('/') is [_, _, var room, _, ..] ? room : "";

    private static Dictionary<string, string[]> Directions()
    {
        var directions = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            [""] = ["", .. Slices, .. Spine, .. Floor],
            ["Storage"] = ["Storage"],
            ["Edge"] = ["Edge", "Storage"],
        };
        for (var i = 0; i < Spine.Length; i++)
        {
            directions[Spine[i]] = [.. Spine[..(i + 1)], .. Floor];
        }

        foreach (var slice in Slices)
        {
            directions[slice] = [slice, .. Spine, .. Floor];
        }

        return directions;
    }

    private static SourceTree Rooms(params (string Room, string Code)[] rooms) =>
        SourceTree.Planted([.. rooms.Select(placed => placed.Room.Length == 0
            ? ($"src/Writ.Server/{Name(placed.Code)}.cs", $"namespace {Server}; {placed.Code}")
            : ($"src/Writ.Server/{placed.Room}/{Name(placed.Code)}.cs",
                $"namespace {Server}.{placed.Room}; {placed.Code}"))]);

    private static string Name(string code) => code.Split(' ', ';')[1];
}
