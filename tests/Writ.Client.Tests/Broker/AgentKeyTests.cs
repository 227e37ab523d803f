using System.Security.Cryptography;

namespace Writ.Client.Tests;

public sealed class AgentKeyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("writ-key-");

    private string File => Path.Combine(_folder.FullName, "agent.pem");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Created_file_is_the_owners_alone_and_is_read_back()
    {
        using var made = AgentKey.CreateFile(File);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        using var read = AgentKey.Load(File);
        Assert.Equal(made.ExportSubjectPublicKeyInfoPem(), read.ExportSubjectPublicKeyInfoPem());
    }

    [Fact]
    public void Existing_file_is_not_overwritten()
    {
        AgentKey.CreateFile(File).Dispose();
        Assert.Throws<IOException>(() => AgentKey.CreateFile(File));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void File_that_others_reach_is_refused(UnixFileMode extra)
    {
        AgentKey.CreateFile(File).Dispose();
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | extra);
        Assert.Equal("key_file_exposed", Assert.Throws<WritException>(() => AgentKey.Load(File)).Code);
    }

    [Fact]
    public void Missing_file_is_refused() =>
        Assert.Equal("key_file_unreadable", Assert.Throws<WritException>(() => AgentKey.Load(File)).Code);

    [Fact]
    public void Other_text_is_refused_and_not_quoted()
    {
        Write("-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n");
        var refusal = Assert.Throws<WritException>(() => AgentKey.Load(File));
        Assert.Equal("key_file_malformed", refusal.Code);
        Assert.DoesNotContain("c2VjcmV0", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_on_another_curve_is_refused()
    {
        using var large = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        Write(large.ExportPkcs8PrivateKeyPem());
        Assert.Equal("key_file_malformed", Assert.Throws<WritException>(() => AgentKey.Load(File)).Code);
    }

    private void Write(string text)
    {
        System.IO.File.WriteAllText(File, text);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
