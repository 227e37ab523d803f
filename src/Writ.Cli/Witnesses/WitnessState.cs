using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Writ.Tlog;

namespace Writ.Cli.Witnesses;

/// <summary>
/// What a witness knows of each log: the checkpoint that it cosigned last, a file each. It is on the disk before
/// anybody has the cosignature. Owns the folder as long as it lives: two witnesses of one key would contradict each
/// other.
/// </summary>
internal sealed partial class WitnessState : IDisposable
{
    private const string Marker = "witness";
    private const string Begun = Marker + ".new"; // by a start that was killed

    private readonly string _folder;
    private readonly FileStream _owned;
    private readonly HashSet<string> _known; // logs that have a file

    /// <summary>Takes the folder, which says whose it is and of which logs it has a state: an empty folder instead, or
    /// one that lost a file, would make the witness cosign what contradicts what it has cosigned.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="witness">The witness's key.</param>
    /// <param name="isNew">Whether the key has cosigned nothing yet.</param>
    /// <exception cref="UnableException">Another witness has the folder, or it is not this one's.</exception>
    public WitnessState(string folder, VerifierKey witness, bool isNew)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        try
        {
            _owned = new FileStream(
                Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new UnableException($"Another witness works with {folder}.");
        }
        try
        {
            _known = Known(witness, isNew);
        }
        catch
        {
            _owned.Dispose();
            throw;
        }
    }

    /// <summary>The name of a log's file, and of its checkpoint for monitors: SHA-256 of its origin.</summary>
    public static string NameOf(string origin) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));

    /// <summary>The checkpoint that was cosigned last; null: none.</summary>
    /// <exception cref="UnableException">The file is damaged. It is not passed over: who forgets what it cosigned can
    /// be made to cosign something else.</exception>
    public SignedNote? Read(string origin, IReadOnlyCollection<VerifierKey> log, VerifierKey witness)
    {
        var path = Path.Combine(_folder, NameOf(origin));
        if (!File.Exists(path))
            return _known.Contains(NameOf(origin))
                ? throw new UnableException($"{path} is gone, which this witness wrote for {origin}: put it back.")
                : null;
        if (new FileInfo(path).Length <= SignedNote.MaxBytes
            && SignedNote.TryParse(File.ReadAllBytes(path), out var note)
            && Checkpoint.TryParse(note.Text, out var checkpoint) && checkpoint.Origin == origin
            && note.Verify([.. log, witness]).Contains(witness))
            return note;
        throw new UnableException(
            $"{path} is not what this witness wrote for {origin}: put it right, or begin anew with another key.");
    }

    /// <summary>Stores a checkpoint. A crash before the move leaves the one before it; after it, this one, which nobody
    /// has a cosignature of yet: the log asks again, and is told of it.</summary>
    public void Write(string origin, SignedNote note)
    {
        var name = NameOf(origin);
        Replace(name, note.ToString());
        lock (_known)
        {
            if (_known.Contains(name)) return;
            Replace(Marker, $"{File.ReadAllText(Path.Combine(_folder, Marker))}{name}\n");
            _known.Add(name);
        }
    }

    public void Dispose() => _owned.Dispose();

    private HashSet<string> Known(VerifierKey witness, bool isNew)
    {
        var path = Path.Combine(_folder, Marker);
        if (isNew)
        {
            if (Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Any(n => n is not ("lock" or Begun)))
                throw new UnableException($"{_folder} is no new state: start without --new.");
            Replace(Marker, $"{witness}\n");
            Sync(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_folder)))!);
            return new HashSet<string>(StringComparer.Ordinal);
        }
        var lines = File.Exists(path) ? File.ReadAllText(path).Split('\n') : [];
        return lines is [var key, .. var logs, ""] && key == witness.ToString()
            ? logs.ToHashSet(StringComparer.Ordinal)
            : throw new UnableException($"{_folder} is not the state of {witness}. A key that has cosigned nothing yet "
                + "begins with --new; any other needs the state that it had.");
    }

    private void Replace(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        Sync(_folder);
    }

    // A file that was moved is where it is only once its folder is on the disk; .NET has no call for that.
    private static void Sync(string folder)
    {
        var descriptor = Open(folder, 0);
        if (descriptor < 0) throw new IOException($"{folder}: {new Win32Exception().Message}");
        var isDone = Fsync(descriptor) == 0;
        var why = new Win32Exception().Message;
        _ = Close(descriptor);
        if (!isDone) throw new IOException($"{folder}: {why}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
