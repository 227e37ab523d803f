using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// The largest head of the log that this host knows, in a file beside the store: a store that was put back from a
/// backup without a word is smaller than that, or another. The file is of this host; witnesses are the stronger form.
/// Its text is the microsecond of writing and the checkpoint's text.
/// </summary>
public sealed class LogAnchor(string folder)
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _path = Path.Combine(folder, "log.anchor");

    /// <summary>What it says, and when it was written; null: there is none yet.</summary>
    /// <exception cref="LogBrokenException">It is no anchor.</exception>
    public (long At, Checkpoint Head)? Read()
    {
        if (!File.Exists(_path)) return null;
        var text = File.ReadAllText(_path);
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        return line > 0 && Checkpoint.TryParse(text[(line + 1)..], out var head)
            && long.TryParse(text.AsSpan(0, line), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                ? (at, head)
                : throw new LogBrokenException("older_than_published", "log.anchor in the data folder is damaged.");
    }

    /// <summary>Remembers a head. Written beside, synced and moved: a crash leaves the one before. (A power cut may do
    /// so later, too: an older anchor finds less, and nothing wrong.)</summary>
    public void Write(Checkpoint head, DateTimeOffset at)
    {
        var fresh = $"{_path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var text = string.Create(CultureInfo.InvariantCulture, $"{at.ToMicros()}\n{head}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = Own,
        };
        using (var file = new FileStream(fresh, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, _path, overwrite: true);
    }
}
