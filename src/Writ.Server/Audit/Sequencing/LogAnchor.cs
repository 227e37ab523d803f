using System.Security.Cryptography;
using System.Text;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// The largest head of the log that this host knows, in a file beside the store: a store that was put back from a
/// backup without a word is smaller than that, or another. The file is of this host; witnesses are the stronger form.
/// Its text is a checkpoint's. No clock has a say in it, nor what the store says of itself.
/// </summary>
public sealed class LogAnchor(string folder)
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _path = Path.Combine(folder, "log.anchor");

    /// <summary>What it says; null: there is none yet.</summary>
    /// <exception cref="LogBrokenException">It is no anchor.</exception>
    public Checkpoint? Read()
    {
        if (!File.Exists(_path)) return null;
        return Checkpoint.TryParse(File.ReadAllText(_path), out var head)
            ? head
            : throw new LogBrokenException("older_than_published", "log.anchor in the data folder is damaged.");
    }

    /// <summary>Remembers a head. Written beside, synced and moved: a crash leaves the one before. (A power cut may do
    /// so later, too: an older anchor finds less, and nothing wrong.)</summary>
    public void Write(Checkpoint head)
    {
        var fresh = $"{_path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = Own,
        };
        try
        {
            using (var file = new FileStream(fresh, options))
            {
                file.Write(Encoding.UTF8.GetBytes(head.ToString()));
                file.Flush(flushToDisk: true);
            }
            File.Move(fresh, _path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh); // a full disk is not filled further
            throw;
        }
    }
}
