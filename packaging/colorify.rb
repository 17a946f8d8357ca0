# Homebrew formula, filled in by packaging/fill_in.py: brew install --formula ./colorify.rb
# No Homebrew has run it yet.
class Colorify < Formula
  desc "Turns black-and-white photographs into colour ones, offline"
  homepage "https://pypi.org/project/colorify-photo/"
  url "{{SDIST_URL}}"
  sha256 "{{SDIST_SHA256}}"
  license "MIT"

  depends_on "python@3.13"

  # ONNX Runtime and libvips come as wheels: there is no source to build them of on PyPI
  def install
    system Formula["python@3.13"].opt_bin/"python3.13", "-m", "venv", libexec
    system libexec/"bin/pip", "install", buildpath
    bin.install_symlink libexec/"bin/colorify"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/colorify --version")
  end
end
