using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ resource</c>: what is protected. An audience is a registered resource.</summary>
internal static class ResourceNoun
{
    private static readonly Field[] Birth =
        [Field.Text("--uri", "uri", "Where it is: the audience of its tokens.", required: true)];

    private static readonly Register Resources = new(
        "resource",
        "/v1/resources",
        [
            Column.Of("name"),
            Column.Of("uri"),
            Column.Of("classification"),
            Column.Name("owner", "owner"),
            Column.Of("team"),
            Column.Of("actions"),
        ],
        isNew =>
        [
            // It never changes: entitlements and tokens name it.
            .. isNew ? Birth : [],
            Field.Text("--owner", "owner", "Who answers for it; by default you."),
            Field.Text("--team", "team", "The team that it belongs to."),
            Field.OneOf("--classification", "classification", "How confidential its data is.",
                "public", "internal", "confidential", "restricted"),
            Field.Texts("--action", "actions", "What can be done there, such as orders:read.", "NOUN:VERB"),
            Field.Texts("--purpose", "purposes", "A purpose that it may be used for; none: any."),
        ]);

    public static Command Create(Verbs verbs)
    {
        var noun = new Command("resource", "What is protected: APIs, databases, models, MCP servers.");
        foreach (var verb in Resources.Verbs(verbs))
            noun.Add(verb);
        return noun;
    }
}
