using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Cli.Profiles;

/// <summary>
/// The folder of one person at one broker: <c>$WRIT_HOME</c>, else <c>~/.config/writ</c>. Holds the profile and the
/// operator's key; closed to everybody else.
/// </summary>
internal sealed record WritHome(string Folder)
{
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string ProfileFile => Path.Combine(Folder, "profile.json");

    public string KeyFile => Path.Combine(Folder, "operator.pem");

    public static WritHome Of(Surroundings outside)
    {
        if (outside.Variable("WRIT_HOME") is { } chosen)
            return new WritHome(Path.GetFullPath(chosen, outside.Folder));
        var configuration = outside.Variable("XDG_CONFIG_HOME")
            ?? Path.Combine(outside.Variable("HOME") ?? outside.Folder, ".config");
        return new WritHome(Path.Combine(configuration, "writ"));
    }

    /// <summary>The profile; null before the first login.</summary>
    /// <exception cref="UnableException">The file is there and is no profile.</exception>
    public Profile? Read()
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(ProfileFile)) as JsonObject;
            return json?["addr"] is { } addr && json["client_id"] is { } id && json["key"] is { } key
                ? new Profile((string)addr!, (string)id!, Path.GetFullPath((string)key!, Folder))
                : throw new UnableException($"{ProfileFile} is no profile: log in again with `writ login`.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UnableException($"{ProfileFile} is no profile: log in again with `writ login`.");
        }
    }

    /// <summary>Writes the profile whole or not at all: a crash leaves the old one.</summary>
    public void Write(Profile profile)
    {
        Create();
        var json = new JsonObject
        {
            ["addr"] = profile.Addr,
            ["client_id"] = profile.ClientId,
            ["key"] = Path.GetRelativePath(Folder, profile.KeyFile),
        };
        var next = ProfileFile + ".new";
        File.Delete(next);
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = FileMode,
        };
        using (var writer = new StreamWriter(next, options))
            writer.WriteLine(json.ToJsonString());
        File.Move(next, ProfileFile, overwrite: true);
    }

    /// <summary>Makes the folder, readable by its owner alone.</summary>
    public void Create() => Directory.CreateDirectory(Folder, FolderMode);
}
